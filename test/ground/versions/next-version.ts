// A later version of zaplog, as a tree of its own: this one's code under another number, with one more migration.
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { roomyMemory } from '../roomy-memory.ts'

export type VersionTree = {
  version: string
  /** For launchZaplog. */
  root: string
  remove(): Promise<void>
}

const ours = fileURLToPath(new URL('../../..', import.meta.url))
/** What the image has, too. */
const parts = ['bin', 'schemas', 'infra/postgres/migrations', 'src']

/** `migration`: SQL with its marker; it is called 9999_next. */
export async function makeNextVersion(migration: string): Promise<VersionTree> {
  const root = await mkdtemp(join(roomyMemory(), 'zaplog-next-'))
  await mkdir(join(root, 'infra/postgres'), { recursive: true })
  for (const part of parts) await cp(join(ours, part), join(root, part), { recursive: true })
  await symlink(join(ours, 'node_modules'), join(root, 'node_modules'))
  await writeFile(join(root, 'infra/postgres/migrations/9999_next.sql'), migration)
  const manifest = JSON.parse(await readFile(join(ours, 'package.json'), 'utf8'))
  const version = '99.0.0'
  await writeFile(join(root, 'package.json'), JSON.stringify({ ...manifest, version }))
  return { version, root, remove: () => rm(root, { recursive: true, force: true }) }
}
