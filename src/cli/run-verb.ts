// Runs a verb that calls zaplog: its result is on stdout, or one sentence on stderr says why there is none, with an exit code.
import { type ApiSettings, readApiSettings } from './api-settings.ts'
import { CallFailed } from './call-failed.ts'

/** The settings are read once: a key file that changes meanwhile counts from the next verb on. */
export async function runVerb(verb: (api: ApiSettings) => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await verb(readApiSettings(process.env))}\n`)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = error.exitCode
  }
}
