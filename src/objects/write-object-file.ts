// Writes an object's file aside and moves it into place: whole or not there, and durable once answered.
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf, onDisk } from './disk-errors.ts'
import { encodeHead, type FileHead, toObjectHead } from './object-file.ts'
import type { NewObject, ObjectHead } from './objects.ts'
import { syncDirectory } from './sync-directory.ts'

/** Where it is written, and where it belongs. */
export type Written = { temporary: string; path: string }

/** The etag is a hash of the bytes: the one that is known, else theirs. */
export async function writeObject({ temporary, path }: Written, object: NewObject): Promise<ObjectHead> {
  const { key, contentType, metadata } = object
  const file = await onDisk(`creating ${temporary}`, () => open(temporary, 'wx', 0o600))
  let head: ObjectHead
  try {
    const etag = await writeBody({ file, path: temporary }, object)
    head = await finish(file, key, { contentType, metadata, etag })
  } finally {
    await onDisk(`closing ${temporary}`, () => file.close())
  }
  await intoPlace(key, { temporary, path })
  return head
}

async function writeBody({ file, path }: { file: FileHandle; path: string }, { body, sha256 }: NewObject): Promise<string> {
  const hash = sha256 === undefined ? createHash('sha256') : null
  for await (const chunk of body) {
    hash?.update(chunk)
    await onDisk(`writing ${path}`, () => file.writeFile(chunk))
  }
  return (sha256 ?? hash?.digest('hex') ?? '').slice(0, 32)
}

/** Behind its bytes what is said of them; then they are on disk. */
export const finish = (file: FileHandle, key: string, head: FileHead): Promise<ObjectHead> =>
  onDisk(`putting ${key}`, async () => {
    await file.writeFile(encodeHead(head))
    await file.sync()
    return toObjectHead(key, await file.stat(), head)
  })

/** After the rename the file at `temporary`, which is on disk, is the object, and it survives a power cut. */
export const intoPlace = (key: string, { temporary, path }: Written): Promise<void> =>
  onDisk(`putting ${key}`, async () => {
    const directory = dirname(path)
    try {
      await rename(temporary, path)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      await makeDirectory(directory)
      await rename(temporary, path)
    }
    // Who made a directory above this one may not have synced it yet.
    await Promise.all(beingMade)
    await syncDirectory(directory)
  })

const beingMade = new Set<Promise<void>>()

/** A new directory's own entry must survive too. */
async function makeDirectory(directory: string): Promise<void> {
  const making = make(directory)
  const settled = making.catch(() => 'who makes it is told')
  beingMade.add(making)
  void settled.finally(() => beingMade.delete(making))
  await making
}

async function make(directory: string): Promise<void> {
  const topmost = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (topmost === undefined) return
  for (let at = directory; at.length >= topmost.length; at = dirname(at)) await syncDirectory(dirname(at))
}
