// Where tests keep the files of a Postgres: in memory, where the system has a place and room for them. A database is a thousand files, and ext4
// looks long for inodes where as many were freed in the last minutes: half a second of CPU for each database that follows a dropped one.
import { accessSync, constants, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const MEMORY = '/dev/shm'
/** All that live at once, their write-ahead logs included, are less than half of it. */
const ROOM_BYTES = 4 * 1024 ** 3
/** Beside them, for what tests start. */
const SPARE_BYTES = 4 * 1024 ** 3

/**
 * The directory to make directories in: the run's own there (open-ground.ts), which goes with the run also when that is killed; where everything
 * temporary is, where memory has no room.
 */
export const roomyMemory = (): string => (hasRoom() ? (process.env.TEST_ROOM ?? MEMORY) : tmpdir())

function hasRoom(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ROOM_BYTES && process.availableMemory() >= ROOM_BYTES + SPARE_BYTES
  } catch {
    return false // no such place here
  }
}
