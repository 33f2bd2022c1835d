// Turns event definitions, topics and golden bodies into the catalogue of docs/topics.md: what is in each topic. Answers file path -> content.
import { basename } from 'node:path'
import { publicEventsIn, publicTopics } from '../src/events/catalogue.ts'
import type { EventShape } from '../src/events/schema-fields.ts'
import type { TopicEntry } from '../src/events/topics.ts'
import { recordTypes } from '../src/events/vocabulary.ts'
import { goldenExample } from './golden-example.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const path = 'docs/topics.md'
const marks = ['<!-- catalogue: generated from src/events/definitions.ts by npm run generate -->', '<!-- /catalogue -->'] as const

/** `earlier`: files that are generated in another part, too, as they are with it. */
export function generateCatalogue(earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const sections = publicTopics.filter(topic => publicEventsIn(topic).length > 0).map(section)
  return new Map([[path, replaceBetween(earlier.get(path) ?? readOf(path), path, marks, sections.join('\n\n'))]])
}

const section = (topic: TopicEntry) =>
  [
    `### wa.${topic.name}`,
    `Holds ${topic.holds}. Key: ${topic.key}.`,
    markdownTable(
      ['type', 'when', 'personal data, besides the addresses of chat and sender', 'example'],
      publicEventsIn(topic).map(row),
    ),
  ].join('\n\n')

/** From docs/topics.md, which stands beside it. */
const eventsBeside = basename('docs/events.md')

function row({ type, when, fields }: EventShape): readonly string[] {
  const example = goldenExample(type)
  const later = recordTypes.later.includes(type) ? ' (not in this version)' : ''
  return [
    `[${type}](${eventsBeside}#${type.replaceAll('.', '')})${later}`,
    when,
    Object.entries(fields)
      .filter(([, { personal }]) => personal === true)
      .map(([name]) => name)
      .join(', '),
    example === null ? '' : `[as a webhook](../${example.path.replaceAll(' ', '%20')})`,
  ]
}
