// Uploads in the hands of this process stay there for as long as it lives: their leases are short, and renewed all together, three times in each.
import type { Database } from '../../database/database.ts'
import { type ClaimedUpload, holdUploads } from '../../instances/uploads-at-work.ts'
import type { Logger } from '../../runtime/logger.ts'

export type UploadHold = {
  /** `lost`: somebody else has it, or nobody; what is written of it then counts for nothing. */
  keep(claimed: Pick<ClaimedUpload, 'row' | 'claim'>): { lost: AbortSignal; letGo(): void }
  /** Of all that is kept. */
  uploadIds(): readonly string[]
}
type Deps = { database: Database; leaseMs: number; logger: Pick<Logger, 'warn'> }
type Kept = { uploadId: string; claim: string; lost: AbortController }

export function createUploadHold({ database, leaseMs, logger }: Deps): UploadHold {
  const kept = new Set<Kept>()
  let timer: NodeJS.Timeout | null = null
  let isRenewing = false

  async function renew(): Promise<void> {
    if (isRenewing) return
    isRenewing = true
    const now = [...kept]
    try {
      const held = await holdUploads(database, now, leaseMs)
      for (const { uploadId, lost } of now) if (!held.has(uploadId)) lost.abort()
    } catch (error) {
      // The lease says when it is somebody else's; until then the next renewal makes it good.
      logger.warn('uploads.not-held', { uploads: now.length, error })
    }
    isRenewing = false
  }

  function letGo(one: Kept): void {
    kept.delete(one)
    if (kept.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }

  return {
    keep: ({ row: { uploadId }, claim }) => {
      const one = { uploadId, claim, lost: new AbortController() }
      kept.add(one)
      timer ??= setInterval(() => void renew(), leaseMs / 3)
      return { lost: one.lost.signal, letGo: () => letGo(one) }
    },
    uploadIds: () => [...kept].map(({ uploadId }) => uploadId),
  }
}
