// Turns the protobuf definition of the pinned Baileys package into src/convert/generated/message-field-numbers.ts: every field of `Message`, name
// and number, so that a field that a newer package brings is one that the code does not compile without; and, likewise, into
// history-field-numbers.ts what of a history is read as a stream. Answers file path -> content.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const folder = 'src/convert/generated'
const source = '@whiskeysockets/baileys/WAProto/WAProto.proto'
/** Of these all fields, each under the name of its list. */
const ofHistory = {
  HistorySync: 'historySyncNumbers',
  Conversation: 'conversationNumbers',
  HistorySyncMsg: 'historySyncMsgNumbers',
  WebMessageInfo: 'webMessageInfoNumbers',
} as const

export function generateMessageFields(): ReadonlyMap<string, string> {
  const text = readFileSync(createRequire(import.meta.url).resolve(source), 'utf8')
  const lists = Object.entries(ofHistory).map(([message, name]) => tableOf(name, fieldsOf(message, text)))
  const made = `// Generated from ${source} by \`npm run generate\``
  return new Map([
    [
      `${folder}/message-field-numbers.ts`,
      `${made}: every field of Message, in the order of its file.\n${listOf('messageFieldNumbers', fieldsOf('Message', text))}`,
    ],
    [`${folder}/history-field-numbers.ts`, `${made}: every field of what a history is made of.\n${lists.join('\n')}`],
  ])
}

type MessageField = { name: string; number: number }

function listOf(name: string, fields: readonly MessageField[]): string {
  const rows = fields.map(field => `  ['${field.name}', ${field.number}],`).join('\n')
  return `export const ${name} = [\n${rows}\n] as const\n`
}

function tableOf(name: string, fields: readonly MessageField[]): string {
  const rows = fields.map(field => `  ${field.name}: ${field.number},`).join('\n')
  return `export const ${name} = {\n${rows}\n} as const\n`
}

const opening = /^\s*(message|enum|oneof)\s+(\w+)\s*\{/
const field = /^\s*(?:optional |repeated |required )?[\w.]+\s+(\w+)\s*=\s*(\d+)\b/

/** Of an outermost message. Fields of a `oneof` are fields of its message; those of messages and enums inside of it are not. */
function fieldsOf(message: string, text: string): readonly MessageField[] {
  const blocks: string[] = []
  const fields: MessageField[] = []
  for (const line of text.split('\n')) {
    const [, kind, called] = opening.exec(line) ?? []
    const [, name, number] = field.exec(line) ?? []
    if (kind !== undefined) blocks.push(kind === 'oneof' ? 'oneof' : `${kind} ${called}`)
    else if (name !== undefined && isIn(message, blocks)) fields.push({ name, number: Number(number) })
    if (/\}\s*$/.test(line)) blocks.pop()
  }
  if (fields.length === 0) throw new Error(`${source}: expected fields in message ${message}, got none`)
  return fields
}

const isIn = (message: string, [outermost, ...inner]: readonly string[]): boolean =>
  outermost === `message ${message}` && inner.every(block => block === 'oneof')
