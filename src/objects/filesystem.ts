// Objects as files, each whole or not there: written aside, synced, renamed into place with its metadata, and durable once answered.
import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { chmod, copyFile, type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from '../runtime/logger.ts'
import { codeOf, onDisk } from './disk-errors.ts'
import { fileBody } from './file-body.ts'
import { checkDescription, decodeHead, encodeHead, type FileHead, HEAD_BYTES } from './object-file.ts'
import { directoryOf, pathOf } from './object-path.ts'
import { ObjectError, type ObjectHead, type ObjectStore } from './objects.ts'
import { presignUrl } from './presigned-url.ts'
import { removeLeftovers, withUnfinishedFile } from './unfinished-files.ts'
import { refuseAborted, untilAborted } from './until-aborted.ts'
import { walkFiles } from './walk-files.ts'

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
  const { logger, signingKey, publicUrl, clock = Date.now } = options
  const objects = join(options.directory, 'objects')
  const unfinished = join(options.directory, 'unfinished')
  await onDisk(`opening the object directory ${options.directory}`, async () => {
    for (const path of [objects, unfinished]) await mkdir(path, { recursive: true, mode: 0o700 })
    await closeToOthers(options.directory)
    const removed = await removeLeftovers(unfinished)
    if (removed > 0) logger.info('objects.leftovers-removed', { removed })
  })

  /** A disk that went away must not look like a store without objects. */
  const absentAsNull = async <T>(doing: string, step: () => Promise<T>): Promise<T | null> =>
    await onDisk(doing, async () => {
      try {
        return await step()
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error
        await stat(objects)
        return null
      }
    })

  const put: ObjectStore['put'] = async (object, signal) => {
    refuseAborted(`putting ${object.key}`, signal)
    const path = pathOf(objects, object.key)
    checkDescription(object.key, object)
    return await withUnfinishedFile(unfinished, async temporary => {
      const etag = await writeBody(temporary, untilAborted({ logger }, object, signal))
      const { contentType, metadata } = object
      return await publish({ key: object.key, temporary, path, head: { contentType, metadata, etag } })
    })
  }

  const copy: ObjectStore['copy'] = async ({ fromKey, toKey, contentType, metadata }, signal) => {
    refuseAborted(`copying ${fromKey} to ${toKey}`, signal)
    const from = pathOf(objects, fromKey)
    const path = pathOf(objects, toKey)
    checkDescription(toKey, { contentType, metadata })
    return await withUnfinishedFile(unfinished, async temporary => {
      const source = await absentAsNull(`copying ${fromKey}`, async () => {
        // Shares the blocks where the file system can; elsewhere the kernel copies.
        await copyFile(from, temporary, constants.COPYFILE_FICLONE)
        return await cutHead(temporary)
      })
      if (source === null) return null
      return await publish({ key: toKey, temporary, path, head: { contentType, metadata, etag: source.etag } })
    })
  }

  const openObject = async (key: string, signal: AbortSignal): Promise<{ handle: FileHandle; head: ObjectHead } | null> => {
    refuseAborted(`reading ${key}`, signal)
    const path = pathOf(objects, key)
    const handle = await absentAsNull(`opening ${key}`, () => open(path, 'r'))
    if (handle === null) return null
    try {
      return await onDisk(`reading the head of ${key}`, async () => {
        const stats = await handle.stat()
        return { handle, head: toObjectHead(key, stats, await readHead(path, handle, stats)) }
      })
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  const get: ObjectStore['get'] = async ({ key, fromByte = 0, toByte }, signal) => {
    checkRange(key, fromByte, toByte)
    const found = await openObject(key, signal)
    if (found === null) return null
    const endByte = Math.min(found.head.sizeBytes, toByte === undefined ? Number.POSITIVE_INFINITY : toByte + 1)
    return { head: found.head, body: fileBody({ handle: found.handle, key, fromByte, endByte }, signal) }
  }

  const head: ObjectStore['head'] = async (key, signal) => {
    const found = await openObject(key, signal)
    await found?.handle.close()
    return found?.head ?? null
  }

  const remove: ObjectStore['delete'] = async (keys, signal) => {
    refuseAborted(`deleting ${keys.length} objects`, signal)
    const paths = keys.map(key => pathOf(objects, key))
    const changed = new Set<string>()
    for (const path of paths) {
      refuseAborted(`deleting ${keys.length} objects`, signal)
      if ((await absentAsNull(`deleting ${path}`, () => unlink(path))) !== null) changed.add(dirname(path))
    }
    for (const directory of changed) await syncDirectory(directory)
  }

  async function* list(prefix: string, signal: AbortSignal): AsyncGenerator<ListedObject, void, undefined> {
    const { path, keyPrefix } = directoryOf(objects, prefix)
    for await (const one of walkFiles({ path, keyPrefix, prefix, absentAsNull }, signal))
      yield { key: one.key, sizeBytes: one.stats.size - HEAD_BYTES, modifiedAt: Math.floor(one.stats.mtimeMs) }
  }

  return {
    newKey: name => name,
    put,
    get,
    head,
    copy,
    delete: remove,
    // A file that is being written has no key yet, and is removed with its process (unfinished-files.ts).
    abandon: async ({ prefix }, signal) => {
      refuseAborted(`abandoning puts under ${prefix}`, signal)
      return 0
    },
    list,
    presign: async (grant, signal) => {
      refuseAborted(`presigning ${grant.key}`, signal)
      return presignUrl(signingKey, publicUrl, grant, clock())
    },
  }
}

/** 0.1.0 left it as the umask had it. What its owner gave a group stays. */
async function closeToOthers(directory: string): Promise<void> {
  const { mode, uid } = await stat(directory)
  const isOurs = process.getuid?.() === 0 || process.getuid?.() === uid
  if (isOurs && (mode & 0o007) !== 0) await chmod(directory, mode & 0o770)
}

/** Answers the etag: a hash of the bytes. */
async function writeBody(path: string, body: AsyncIterable<Uint8Array>): Promise<string> {
  const file = await onDisk(`creating ${path}`, () => open(path, 'wx', 0o600))
  const hash = createHash('sha256')
  try {
    for await (const chunk of body) {
      hash.update(chunk)
      await onDisk(`writing ${path}`, () => file.writeFile(chunk))
    }
  } finally {
    await onDisk(`closing ${path}`, () => file.close())
  }
  return hash.digest('hex').slice(0, 32)
}

/** The file at `temporary` holds the bytes alone; after the rename it is the object, and it survives a power cut. */
async function publish(of: { key: string; temporary: string; path: string; head: FileHead }): Promise<ObjectHead> {
  return await onDisk(`putting ${of.key}`, async () => {
    const file = await open(of.temporary, 'a')
    let stats: Stats
    try {
      await file.writeFile(encodeHead(of.head))
      await file.sync()
      stats = await file.stat()
    } finally {
      await file.close()
    }
    await makeDirectory(dirname(of.path))
    await rename(of.temporary, of.path)
    await syncDirectory(dirname(of.path))
    return toObjectHead(of.key, stats, of.head)
  })
}

/** A new directory's own entry must survive too. */
async function makeDirectory(directory: string): Promise<void> {
  const topmost = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (topmost === undefined) return
  for (let at = directory; at.length >= topmost.length; at = dirname(at)) await syncDirectory(dirname(at))
}

async function syncDirectory(directory: string): Promise<void> {
  await onDisk(`syncing ${directory}`, async () => {
    const handle = await open(directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}

async function cutHead(path: string): Promise<FileHead> {
  const file = await open(path, 'r+')
  try {
    const stats = await file.stat()
    const head = await readHead(path, file, stats)
    await file.truncate(stats.size - HEAD_BYTES)
    return head
  } finally {
    await file.close()
  }
}

async function readHead(path: string, file: FileHandle, stats: Stats): Promise<FileHead> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, Math.max(0, stats.size - HEAD_BYTES))
  return decodeHead(path, buffer.subarray(0, bytesRead))
}

type ListedObject = Pick<ObjectHead, 'key' | 'sizeBytes' | 'modifiedAt'>

const toObjectHead = (key: string, stats: Stats, head: FileHead): ObjectHead => ({
  key,
  sizeBytes: stats.size - HEAD_BYTES,
  contentType: head.contentType,
  metadata: head.metadata,
  etag: head.etag,
  modifiedAt: Math.floor(stats.mtimeMs),
})

function checkRange(key: string, fromByte: number, toByte: number | undefined): void {
  const ok =
    Number.isSafeInteger(fromByte) &&
    fromByte >= 0 &&
    (toByte === undefined || (Number.isSafeInteger(toByte) && toByte >= fromByte))
  if (!ok) throw new ObjectError('refused', `reading ${key}: expected a range of bytes, got ${fromByte}..${toByte ?? ''}`)
}
