// Writes a small file whole or not at all, readable by its owner only, and on disk before it resolves.
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** `owner`: given away before anything is written into it. Rejects with what the file system says. */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  owner: { uid: number; gid: number } | null = null,
): Promise<void> {
  const unfinished = `${path}.unfinished`
  await rm(unfinished, { force: true }) // left by a crash, or a link that somebody put there
  const file = await open(unfinished, 'wx', 0o600)
  try {
    if (owner !== null) await file.chown(owner.uid, owner.gid)
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(unfinished, path)
  await syncDirectory(dirname(path))
}

/** A new name is on disk once its directory is. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
