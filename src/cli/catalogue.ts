// zaplog topics and zaplog schemas: what consumers of the log find there, from the definitions of this version and the releases before it. Nothing is
// asked of a server.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { keptText, publicEvents, publicEventsIn, publicTopics } from '../events/catalogue.ts'
import { schemaNameOf } from '../events/schema-name.ts'
import type { TopicEntry } from '../events/topics.ts'
import { recordTypes } from '../events/vocabulary.ts'
import { exitCodes } from './exit-codes.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'
import { isSchemaNamed } from './schema-named.ts'
import { textTable } from './text-table.ts'

type Said = { text: string; json: unknown } | { refusal: string }

/** With the prefix that a zaplog of these settings gives them. `name`: of one, what is in it. */
export const sayTopics = (name: string | undefined): void => say(topicsSaid(name))

function topicsSaid(name: string | undefined): Said {
  const all = publicTopics.map(topic => ({ topic, json: describeTopic(topic), row: rowOf(topic) }))
  const found = all.find(one => one.json.topic === name || one.topic.name === name)
  if (name === undefined) {
    const rows = all.map(({ row }) => row)
    return {
      text: textTable(['topic', 'key', 'types', 'kept', 'holds', 'sensitive'], rows),
      json: all.map(({ json }) => json),
    }
  }
  if (found === undefined) return { refusal: `there is no topic ${JSON.stringify(name)}: topics without a name lists them` }
  const rows = publicEventsIn(found.topic).map(({ type, doc }) => [type, doc])
  return { text: textTable(['type', 'what'], rows), json: found.json }
}

const prefixed = (name: string): string => `${process.env.TOPIC_PREFIX || 'wa.'}${name}`
const typesIn = (topic: TopicEntry): readonly string[] => publicEventsIn(topic).map(({ type }) => type)

function describeTopic(topic: TopicEntry) {
  const { name, key, holds, personalData, retentionDays } = topic
  return { topic: prefixed(name), key, holds, personalData, retentionDays, types: typesIn(topic) }
}

const rowOf = (topic: TopicEntry): readonly string[] => [
  ...[prefixed(topic.name), topic.key, String(typesIn(topic).length)],
  ...[keptText(topic), topic.holds, topic.personalData],
]

/** `name`: a type, or what its schema is called in the registry; `release`: as that one has it. */
export const saySchemas = (name: string | undefined, release: string | undefined): void => say(schemasSaid(name, release))

function schemasSaid(name: string | undefined, release: string | undefined): Said {
  const all = publicEvents.map(({ type, doc }) => {
    const inThisVersion = !recordTypes.later.includes(type)
    return { type, subject: schemaNameOf(type), doc, inThisVersion, releases: releases().filter(one => isIn(type, one)) }
  })
  if (name === undefined) {
    const rows = all.map(({ type, subject, doc, inThisVersion, releases }) => [
      ...[type, subject, releases.join(', ')],
      `${inThisVersion ? '' : 'Not in this version. '}${doc}`,
    ])
    return { text: textTable(['type', 'schema', 'releases', 'what'], rows), json: all }
  }
  const found = all.find(one => isSchemaNamed(one, name))
  if (found === undefined) return { refusal: `there is no schema ${JSON.stringify(name)}: schemas without a name lists them` }
  if (release !== undefined && !found.releases.includes(release))
    return { refusal: `release ${release} has no schema of ${found.type}: ${found.releases.join(', ') || 'none'} has one` }
  const text = readFileSync(fileOf(found.type, release), 'utf8')
  return { text: text.trimEnd(), json: JSON.parse(text) }
}

const directory = new URL('../../schemas/', import.meta.url)
const releases = (): readonly string[] => readdirSync(new URL('released/', directory)).toSorted()
/** undefined: this version, released or not. */
const fileOf = (type: string, release: string | undefined): URL =>
  new URL(`${release === undefined ? '' : `released/${release}/`}${type}.avsc`, directory)
const isIn = (type: string, release: string): boolean => existsSync(fileOf(type, release))

function say(said: Said): void {
  if ('refusal' in said) {
    sayProblem({ detail: said.refusal, exitCode: exitCodes.failed })
    process.exitCode = exitCodes.failed
  } else process.stdout.write(jsonIsWanted() ? jsonLine(said.json) : `${said.text}\n`)
}
