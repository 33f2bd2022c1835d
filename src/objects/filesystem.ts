// Objects as files, each whole or not there: written aside, synced, renamed into place with its metadata, and durable once answered.
import { chmod, type FileHandle, mkdir, open, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from '../runtime/logger.ts'
import { copyObject } from './copy-object-file.ts'
import { onDisk } from './disk-errors.ts'
import { fileBody } from './file-body.ts'
import { checkDescription, HEAD_BYTES } from './object-file.ts'
import { directoryOf, pathOf } from './object-path.ts'
import { ObjectError, type ObjectHead, type ObjectStore } from './objects.ts'
import { presignUrl } from './presigned-url.ts'
import { absentAsNull, headOf } from './read-object-file.ts'
import { syncDirectory } from './sync-directory.ts'
import { removeLeftovers, withUnfinishedFile } from './unfinished-files.ts'
import { refuseAborted, untilAborted } from './until-aborted.ts'
import { walkFiles } from './walk-files.ts'
import { writeObject } from './write-object-file.ts'

export { verifyPresigned } from './presigned-url.ts'

export type FilesystemStoreOptions = {
  directory: string
  /** What presigned URLs begin with; `{publicUrl}/objects/*` must be served with verifyPresigned. */
  publicUrl: string
  signingKey: Uint8Array
  logger: Logger
  clock?: () => number
}

/** Rejects ObjectError where the directory cannot be made or read. Nothing stays open between calls. */
export async function openFilesystemStore(options: FilesystemStoreOptions): Promise<ObjectStore> {
  const { directory, logger, signingKey, publicUrl, clock = Date.now } = options
  const place: Place = { objects: join(directory, 'objects'), unfinished: join(directory, 'unfinished') }
  await onDisk(`opening the object directory ${directory}`, async () => {
    for (const path of [place.objects, place.unfinished]) await mkdir(path, { recursive: true, mode: 0o700 })
    await closeToOthers(directory)
    const removed = await removeLeftovers(place.unfinished)
    if (removed > 0) logger.info('objects.leftovers-removed', { removed })
  })
  return {
    newKey: name => name,
    put: put(place, logger),
    get: get(place),
    head: head(place),
    copy: copy(place),
    delete: remove(place),
    // A file that is being written has no key yet, and is removed with its process (unfinished-files.ts).
    abandon: async ({ prefix }, signal) => {
      refuseAborted(`abandoning puts under ${prefix}`, signal)
      return 0
    },
    list: (prefix, signal) => list(place, prefix, signal),
    presign: async (grant, signal) => {
      refuseAborted(`presigning ${grant.key}`, signal)
      return presignUrl(signingKey, publicUrl, grant, clock())
    },
  }
}

/** Directories: of what is there, and of what is being written. */
type Place = { objects: string; unfinished: string }

const put =
  ({ objects, unfinished }: Place, logger: Logger): ObjectStore['put'] =>
  async (object, signal) => {
    refuseAborted(`putting ${object.key}`, signal)
    const path = pathOf(objects, object.key)
    checkDescription(object.key, object)
    const body = untilAborted({ logger }, object, signal)
    return await withUnfinishedFile(unfinished, temporary => writeObject({ temporary, path }, { ...object, body }))
  }

const copy =
  ({ objects, unfinished }: Place): ObjectStore['copy'] =>
  async ({ fromKey, toKey, contentType, metadata }, signal) => {
    refuseAborted(`copying ${fromKey} to ${toKey}`, signal)
    const from = pathOf(objects, fromKey)
    const path = pathOf(objects, toKey)
    checkDescription(toKey, { contentType, metadata })
    return await copyObject(absentAsNull(objects), { unfinished, from, path, key: toKey, described: { contentType, metadata } })
  }

const get =
  (place: Place): ObjectStore['get'] =>
  async ({ key, fromByte = 0, toByte }, signal) => {
    checkRange(key, fromByte, toByte)
    const found = await openObject(place, key, signal)
    if (found === null) return null
    const endByte = Math.min(found.head.sizeBytes, toByte === undefined ? Number.POSITIVE_INFINITY : toByte + 1)
    return { head: found.head, body: fileBody({ handle: found.handle, key, fromByte, endByte }, signal) }
  }

const head =
  (place: Place): ObjectStore['head'] =>
  async (key, signal) => {
    const found = await openObject(place, key, signal)
    await found?.handle.close()
    return found?.head ?? null
  }

type OpenObject = { handle: FileHandle; head: ObjectHead }

async function openObject({ objects }: Place, key: string, signal: AbortSignal): Promise<OpenObject | null> {
  refuseAborted(`reading ${key}`, signal)
  const path = pathOf(objects, key)
  const handle = await absentAsNull(objects)(`opening ${key}`, () => open(path, 'r'))
  return handle === null ? null : { handle, head: await headOf(handle, { key, path }) }
}

const remove =
  ({ objects }: Place): ObjectStore['delete'] =>
  async (keys, signal) => {
    const doing = `deleting ${keys.length} objects`
    refuseAborted(doing, signal)
    const paths = keys.map(key => pathOf(objects, key))
    const changed = new Set<string>()
    for (const path of paths) {
      refuseAborted(doing, signal)
      if ((await absentAsNull(objects)(`deleting ${path}`, () => unlink(path))) !== null) changed.add(dirname(path))
    }
    for (const directory of changed) await syncDirectory(directory)
  }

type Listed = Pick<ObjectHead, 'key' | 'sizeBytes' | 'modifiedAt'>

async function* list({ objects }: Place, prefix: string, signal: AbortSignal): AsyncGenerator<Listed, void, undefined> {
  const { path, keyPrefix } = directoryOf(objects, prefix)
  for await (const one of walkFiles({ path, keyPrefix, prefix, absentAsNull: absentAsNull(objects) }, signal))
    yield { key: one.key, sizeBytes: one.stats.size - HEAD_BYTES, modifiedAt: Math.floor(one.stats.mtimeMs) }
}

/** 0.1.0 left it as the umask had it. What its owner gave a group stays. */
async function closeToOthers(directory: string): Promise<void> {
  const { mode, uid } = await stat(directory)
  const isOurs = process.getuid?.() === 0 || process.getuid?.() === uid
  if (isOurs && (mode & 0o007) !== 0) await chmod(directory, mode & 0o770)
}

function checkRange(key: string, fromByte: number, toByte: number | undefined): void {
  const ok =
    Number.isSafeInteger(fromByte) &&
    fromByte >= 0 &&
    (toByte === undefined || (Number.isSafeInteger(toByte) && toByte >= fromByte))
  if (!ok) throw new ObjectError('refused', `reading ${key}: expected a range of bytes, got ${fromByte}..${toByte ?? ''}`)
}
