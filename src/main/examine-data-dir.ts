// The data directory as a start would find it: whose it is, who else can write there, and how much room is left. Its lock is looked at, not taken.
import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { hasObjects } from '../objects/left-objects.ts'
import { holderOf } from '../runtime/directory-lock.ts'
import { describeError } from '../runtime/logger.ts'
import { broken, doubtful, type Finding, fine } from './finding.ts'

const part = 'data-dir'
const MIB = 1024 ** 2
const LITTLE_ROOM_MIB = 1024
const NO_ROOM_MIB = 100

/** `bucket`: where objects are kept; null: here. */
export async function examineDataDir(
  directory: string,
  { bucket }: { bucket: string | null },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const path = resolve(directory)
  const there = await nearest(path)
  if (!(await stat(there)).isDirectory())
    return [broken(part, `${there} is a file`, 'choose a DATA_DIR that is a directory, or can become one')]
  const denied = await access(there, constants.W_OK | constants.X_OK).then(() => null, describeError)
  const { bavail, bsize } = await statfs(there)
  const room = judgeRoom(Math.floor((bavail * bsize) / MIB))
  if (denied !== null) return [broken(part, denied, `give this user ${there}, or choose another DATA_DIR`), room]
  if (there !== path) return [fine(part, `${path} is not there yet: the first start makes it`), room]
  const { uid, mode } = await stat(path)
  const heldBy = await holderOf(path)
  const isLeft = bucket !== null && (await hasObjects(join(path, 'objects'), signal))
  const left = isLeft ? [leftIn(join(path, 'objects'), bucket)] : []
  return [judgeDirectory({ path, uid, mode, heldBy, ourUid: process.getuid?.() ?? uid }), ...left, room]
}

const leftIn = (directory: string, bucket: string): Finding =>
  doubtful(
    part,
    `${directory} has files, and S3_BUCKET=${bucket} is where files are looked for: links of those that were kept before answer 404`,
    'unset S3_BUCKET again, or do without them: zaplog does not move files into a bucket',
  )

/** The directory itself, or the first above it that is there. */
async function nearest(path: string): Promise<string> {
  const found = await stat(path).catch(() => null)
  return found !== null || path === dirname(path) ? path : nearest(dirname(path))
}

type Directory = { path: string; uid: number; mode: number; heldBy: number | null; ourUid: number }

/** Pure. */
export function judgeDirectory({ path, uid, mode, heldBy, ourUid }: Directory): Finding {
  const shown = (mode & 0o777).toString(8)
  const found = `${path}, mode ${shown}, user ${uid}${heldBy === null ? '' : `, open in process ${heldBy}`}`
  if ((mode & 0o002) !== 0)
    return doubtful(part, `${found}: everybody can write there`, `chmod o-w ${path}: its keys are whatever they put there`)
  if (uid !== ourUid && uid !== 0)
    return doubtful(part, `${found}, who is another`, `chown it to user ${ourUid}: its keys are whatever its owner puts there`)
  return fine(part, found)
}

/** Pure. */
export function judgeRoom(freeMiB: number): Finding {
  const found = `${freeMiB} MiB are free for DATA_DIR`
  if (freeMiB < NO_ROOM_MIB)
    return broken('disk', found, 'free some space: without it nothing is durable, and nothing is acknowledged')
  return freeMiB < LITTLE_ROOM_MIB ? doubtful('disk', found, 'free some space before it is needed') : fine('disk', found)
}
