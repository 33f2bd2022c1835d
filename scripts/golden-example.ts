// The first golden body of a type, as an example for documents.
import { readdirSync } from 'node:fs'
import { readOf } from './marked-part.ts'

const directory = 'test/webhooks/golden'
const files = readdirSync(new URL(`../${directory}`, import.meta.url)).sort()

/** A text rather than another kind of message. null: there is none. */
export function goldenExample(type: string): { path: string; text: string } | null {
  const name =
    [`${type} text.json`, `${type}.json`].find(one => files.includes(one)) ?? files.find(one => one.startsWith(`${type} `))
  if (name === undefined) return null
  const path = `${directory}/${name}`
  return { path, text: readOf(path).trimEnd() }
}
