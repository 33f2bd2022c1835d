// zaplog topics and zaplog schemas: what consumers of the log find there, from the definitions of this version. Nothing is asked of a server.
import { readFileSync } from 'node:fs'
import { keptText, publicEvents, publicEventsIn, publicTopics } from '../events/catalogue.ts'
import { schemaNameOf } from '../events/schema-name.ts'
import { recordTypes } from '../events/vocabulary.ts'
import { exitCodes } from './exit-codes.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'
import { textTable } from './text-table.ts'

/** With the prefix that a zaplog of these settings gives them. */
export function sayTopics(): void {
  const prefix = process.env.TOPIC_PREFIX || 'wa.'
  const all = publicTopics.map(topic => {
    const { name, key, holds, personalData, retentionDays } = topic
    const types = publicEventsIn(topic).map(({ type }) => type)
    const kept = keptText(topic)
    return {
      row: [`${prefix}${name}`, key, String(types.length), kept, holds, personalData],
      json: { topic: `${prefix}${name}`, key, holds, personalData, retentionDays, types },
    }
  })
  print(
    textTable(
      ['topic', 'key', 'types', 'kept', 'holds', 'sensitive'],
      all.map(({ row }) => row),
    ),
    all.map(({ json }) => json),
  )
}

/** `name`: a type, or what its schema is called in the registry. */
export function saySchemas(name: string | undefined): void {
  const all = publicEvents.map(({ type, doc }) => {
    return { type, subject: schemaNameOf(type), doc, inThisVersion: !recordTypes.later.includes(type) }
  })
  if (name === undefined) {
    const rows = all.map(({ type, subject, doc, inThisVersion }) => [
      type,
      subject,
      `${inThisVersion ? '' : 'Not in this version. '}${doc}`,
    ])
    print(textTable(['type', 'schema', 'what'], rows), all)
    return
  }
  const found = all.find(({ type, subject }) => type === name || subject === name || subject.endsWith(`.${name}`))
  if (found === undefined) {
    sayProblem({
      detail: `there is no schema ${JSON.stringify(name)}: schemas without a name lists them`,
      exitCode: exitCodes.failed,
    })
    process.exitCode = exitCodes.failed
    return
  }
  const text = readFileSync(new URL(`../../schemas/${found.type}.avsc`, import.meta.url), 'utf8')
  print(text.trimEnd(), JSON.parse(text))
}

function print(text: string, json: unknown): void {
  process.stdout.write(jsonIsWanted() ? jsonLine(json) : `${text}\n`)
}
