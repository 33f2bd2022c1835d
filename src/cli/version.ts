// The version of this zaplog, from package.json.
import { readFileSync } from 'node:fs'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'

export const version: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version

/** zaplog version: of what is installed here; `status` tells that of the zaplog it speaks to. */
export const sayVersion = (): void => void process.stdout.write(jsonIsWanted() ? jsonLine({ version }) : `${version}\n`)
