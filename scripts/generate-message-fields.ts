// Turns the protobuf definition of the pinned Baileys package into src/convert/generated/message-field-numbers.ts: every field
// of `Message`, name and number, so that a field that a newer package brings is one that the code does not compile without. Answers file path -> content.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const path = 'src/convert/generated/message-field-numbers.ts'
const source = '@whiskeysockets/baileys/WAProto/WAProto.proto'

export function generateMessageFields(): ReadonlyMap<string, string> {
  const fields = fieldsOfMessage(readFileSync(createRequire(import.meta.url).resolve(source), 'utf8'))
  if (fields.length === 0) throw new Error(`${source}: expected fields in message Message, got none`)
  const head = `// Generated from ${source} by \`npm run generate\`: every field of Message, in the order of its file.`
  const rows = fields.map(({ name, number }) => `  ['${name}', ${number}],`).join('\n')
  return new Map([[path, `${head}\nexport const messageFieldNumbers = [\n${rows}\n] as const\n`]])
}

type MessageField = { name: string; number: number }

const opening = /^\s*(message|enum|oneof)\s+(\w+)\s*\{/
const field = /^\s*(?:optional |repeated |required )?[\w.]+\s+(\w+)\s*=\s*(\d+)\b/

/** Fields of a `oneof` are fields of its message; those of messages and enums inside of it are not. */
function fieldsOfMessage(text: string): readonly MessageField[] {
  const blocks: string[] = []
  const fields: MessageField[] = []
  for (const line of text.split('\n')) {
    const [, kind, called] = opening.exec(line) ?? []
    const [, name, number] = field.exec(line) ?? []
    if (kind !== undefined) blocks.push(kind === 'oneof' ? 'oneof' : `${kind} ${called}`)
    else if (name !== undefined && isInMessage(blocks)) fields.push({ name, number: Number(number) })
    if (/\}\s*$/.test(line)) blocks.pop()
  }
  return fields
}

const isInMessage = ([outermost, ...inner]: readonly string[]): boolean =>
  outermost === 'message Message' && inner.every(block => block === 'oneof')
