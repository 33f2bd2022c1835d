// Reads what a file says of its object, and tells a missing object from a disk that went away.
import type { Stats } from 'node:fs'
import { type FileHandle, stat } from 'node:fs/promises'
import { codeOf, onDisk } from './disk-errors.ts'
import { decodeHead, type FileHead, HEAD_BYTES, toObjectHead } from './object-file.ts'
import type { ObjectHead } from './objects.ts'

/** null: there is none. `root` holds them all: a disk that went away must not look like a store without objects. */
export const absentAsNull =
  (root: string) =>
  async <T>(doing: string, step: () => Promise<T>): Promise<T | null> =>
    await onDisk(doing, async () => {
      try {
        return await step()
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error
        await stat(root)
        return null
      }
    })

/** Of an open file, which is closed where that fails. */
export async function headOf(handle: FileHandle, { key, path }: { key: string; path: string }): Promise<ObjectHead> {
  try {
    return await onDisk(`reading the head of ${key}`, async () => {
      const stats = await handle.stat()
      return toObjectHead(key, stats, await readHead(path, handle, stats))
    })
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Leaves the bytes alone in an open file, where the next write goes behind them, and answers what it said of them. */
export async function cutHead(path: string, file: FileHandle): Promise<FileHead> {
  const stats = await file.stat()
  const head = await readHead(path, file, stats)
  await file.truncate(stats.size - HEAD_BYTES)
  return head
}

async function readHead(path: string, file: FileHandle, stats: Stats): Promise<FileHead> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, Math.max(0, stats.size - HEAD_BYTES))
  return decodeHead(path, buffer.subarray(0, bytesRead))
}
