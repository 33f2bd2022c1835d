// Whether a service that tests need can run here: null, or one sentence how to get it. Asking fetches what can be fetched.
import { fetchRegistry } from './registry.ts'
import { fetchS3Server } from './s3.ts'

export const s3Available = () => available('the S3 server', 'install Go 1.25 or newer, which builds it once', fetchS3Server)

export const registryAvailable = () =>
  available('the schema registry', 'install Java 17 or newer and Maven, which fetches it once', fetchRegistry)

async function available(what: string, how: string, fetch: () => Promise<string>): Promise<string | null> {
  try {
    await fetch()
    return null
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `${what} is missing: ${how} (${reason.replaceAll(/\s+/g, ' ')})`
  }
}

/** For describe.runIf. False says once how to get the service; where CI is set, absence is a failure. */
export async function runsHere(check: () => Promise<string | null>): Promise<boolean> {
  const missing = await check()
  if (missing === null) return true
  if (process.env.CI) throw new Error(missing)
  process.stderr.write(`skipped: ${missing}\n`)
  return false
}
