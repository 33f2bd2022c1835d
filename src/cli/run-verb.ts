// Runs a verb that calls zaplog: its result is on stdout, for people or with --json as one document, or one problem on stderr says why
// there is none, with an exit code.
import { type ApiSettings, readApiSettings } from './api-settings.ts'
import { CallFailed } from './call-failed.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'
import { saidOfStart } from './still-starting.ts'

/** `json`: the whole answer, whatever people are shown of it. */
export type Result = { text: string; json: unknown }

/** The settings are read once: a key file that changes meanwhile counts from the next verb on. */
export async function runVerb(verb: (api: ApiSettings) => Promise<Result>): Promise<void> {
  let api: ApiSettings | null = null
  try {
    api = readApiSettings(process.env)
    const { text, json } = await verb(api)
    process.stdout.write(jsonIsWanted() ? jsonLine(json) : `${text}\n`)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    const failed = await saidOfStart(error, { api, env: process.env })
    sayProblem(failed.told)
    process.exitCode = failed.exitCode
  }
}
