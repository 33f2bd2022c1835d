// Whether a service can run here: null, or one sentence how to get it. Asking fetches what can be fetched.
import { requireRegistry } from './registry.ts'
import { whyMissing } from './require-service.ts'
import { requireS3 } from './s3.ts'

export const s3Available = () => whyMissing(requireS3)
export const registryAvailable = () => whyMissing(requireRegistry)

/** For describe.runIf. False says once how to get the service; where CI is set, absence is a failure. */
export async function runsHere(check: () => Promise<string | null>): Promise<boolean> {
  const missing = await check()
  if (missing === null) return true
  if (process.env.CI) throw new Error(missing)
  process.stderr.write(`skipped: ${missing}\n`)
  return false
}
