// Writes an object's file aside and moves it into place: whole or not there, and durable once answered.
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { onDisk } from './disk-errors.ts'
import { encodeHead, type FileHead, toObjectHead } from './object-file.ts'
import type { ObjectHead } from './objects.ts'

/** Answers the etag: a hash of the bytes. */
export async function writeBody(path: string, body: AsyncIterable<Uint8Array>): Promise<string> {
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
export async function publish(of: { key: string; temporary: string; path: string; head: FileHead }): Promise<ObjectHead> {
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

/** What was made, renamed or removed in it survives a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  await onDisk(`syncing ${directory}`, async () => {
    const handle = await open(directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}
