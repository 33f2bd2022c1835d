// What was made, renamed or removed in a directory survives a power cut; who asks while one sync runs shares the next one.
import { open } from 'node:fs/promises'
import { onDisk } from './disk-errors.ts'

type Syncs = { running: Promise<void> | null; next: Promise<void> | null }
const directories = new Map<string, Syncs>()

/** Rejects ObjectError. A sync that runs already may have begun before the change: only one that begins after the call counts. */
export function syncDirectory(directory: string): Promise<void> {
  const syncs = directories.get(directory) ?? { running: null, next: null }
  directories.set(directory, syncs)
  syncs.next ??= begin(directory, syncs)
  return syncs.next
}

async function begin(directory: string, syncs: Syncs): Promise<void> {
  await syncs.running?.catch(() => 'those who wait for it are told')
  syncs.running = syncs.next
  syncs.next = null
  try {
    await sync(directory)
  } finally {
    if (syncs.next === null) directories.delete(directory)
  }
}

async function sync(directory: string): Promise<void> {
  await onDisk(`syncing ${directory}`, async () => {
    const handle = await open(directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}
