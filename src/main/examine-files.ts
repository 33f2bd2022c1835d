// Files that messages of an external Postgres name: whether the bucket has some of them. One that has not is another one, or of an older backup.
import { DatabaseError, type Transaction } from '../database/database.ts'
import { openSession } from '../database/session.ts'
import { ObjectError, type ObjectStore } from '../objects/objects.ts'
import { areTablesThere } from '../projections/go-live.ts'
import { sampleKeptKeys } from '../projections/read-model/kept-media.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { doubtful, type Finding, fine } from './finding.ts'
import { s3Options } from './objects.ts'

const part = 'files'
/** Of each of two places: the beginning of the table, and any other. */
const MOST = 50

/** Nothing is found where Postgres or the bucket is away, or has no tables yet: the look at each of them says so. */
export async function examineFiles(
  { config, logger }: { config: Config; logger: Logger },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { objects, database } = config
  const { openS3Store } = await import('../objects/s3.ts') // and the SDK, which files do without
  try {
    const session = await openSession({ ...database, url: database.url ?? '', applicationName: 'doctor' }, signal)
    try {
      const store = await openS3Store(s3Options(objects, objects.bucket ?? '', logger), signal)
      return await lookForFiles({ database: session, store, random: Math.random }, signal)
    } finally {
      await session.close()
    }
  } catch (error) {
    if (error instanceof DatabaseError || error instanceof ObjectError) return []
    throw error
  }
}

type Deps = { database: Pick<Transaction, 'query'>; store: Pick<ObjectStore, 'head'>; random(): number }

export async function lookForFiles({ database, store, random }: Deps, signal: AbortSignal): Promise<readonly Finding[]> {
  if (!(await areTablesThere(database))) return []
  const keys = new Set<string>()
  for (const at of [0, random()]) for (const key of await sampleKeptKeys(database, { at, most: MOST })) keys.add(key)
  const heads = await Promise.all([...keys].map(key => store.head(key, signal)))
  return keys.size === 0 ? [] : [judgeFiles({ asked: keys.size, missing: heads.filter(head => head === null).length })]
}

/** Pure. */
export function judgeFiles({ asked, missing }: { asked: number; missing: number }): Finding {
  if (missing === 0) return fine(part, `the bucket has the ${asked} objects that were looked for`)
  return doubtful(
    part,
    `the bucket lacks ${missing} of ${asked} objects that messages name: their links answer 404`,
    'restore the bucket from a backup that is not older than the database, or point S3_BUCKET at the one that has them',
  )
}
