// The files under a prefix in ascending order of their keys' bytes; holds one directory's names per level, whatever lies below.
import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { segmentOf } from './object-path.ts'
import { refuseAborted } from './until-aborted.ts'

export type Walk = {
  path: string
  /** What every key in this directory begins with. */
  keyPrefix: string
  prefix: string
  /** Files and directories may vanish meanwhile. */
  absentAsNull: <T>(doing: string, step: () => Promise<T>) => Promise<T | null>
}

export async function* walkFiles(at: Walk, signal: AbortSignal): AsyncGenerator<{ key: string; stats: Stats }, void, undefined> {
  const doing = `listing ${at.prefix}`
  refuseAborted(doing, signal)
  const names = (await at.absentAsNull(doing, () => readdir(at.path))) ?? []
  for (const { path, key, isFile } of inKeyOrder(at, names)) {
    refuseAborted(doing, signal)
    if (!isFile) {
      yield* walkFiles({ ...at, path, keyPrefix: key }, signal)
      continue
    }
    const stats = await at.absentAsNull(doing, () => stat(path))
    if (stats !== null) yield { key, stats }
  }
}

/** A directory's keys all begin with its name and a slash: sorted with that slash it stands where its keys belong. */
const inKeyOrder = (at: Walk, names: readonly string[]) =>
  names
    .map(name => ({ path: join(at.path, name), ...segmentOf(name) }))
    .map(one => ({ ...one, key: `${at.keyPrefix}${one.segment}${one.isFile ? '' : '/'}` }))
    .filter(one => one.key.startsWith(at.prefix) || (!one.isFile && at.prefix.startsWith(one.key)))
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
