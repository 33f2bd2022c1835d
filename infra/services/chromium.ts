// A Chromium of this machine, for tests that look at the pages as people do.
import { runProgram } from './fetch-artifact.ts'
import { requireService, whyMissing } from './require-service.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** null: there is one. */
export const chromiumAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService('what opens the pages is missing: install Chromium (Debian: apt-get install chromium)', findChromium),
  )

/** Its name on PATH. Rejects where there is none. */
export async function findChromium(): Promise<string> {
  const found = await Promise.any(names.map(name => runProgram(name, ['--version']).then(() => name))).catch(
    ({ errors: [first] }: AggregateError) => Promise.reject(first),
  )
  return found
}
