// The few Avro shapes that event definitions are written in; scripts/generate.ts turns them into schemas/*.avsc, TypeScript types and
// docs/events.md. Each says what it is: a doc that is empty is refused there.

export type FieldType =
  | 'string'
  | 'int'
  | 'long'
  | 'double'
  | 'boolean'
  | 'bytes'
  | 'instant'
  | { array: FieldType }
  | { optional: FieldType }
  | { record: RecordShape }
export type RecordShape = { name: string; doc: string; fields: Readonly<Record<string, Field>> }
export type Field = {
  type: FieldType
  doc: string
  /** It says who somebody is, what they wrote or do, or opens what is theirs: docs/topics.md lists it. Avro does not know of it. */
  personal?: true
}
export type EventShape = {
  type: string
  /** What happened, in one sentence. */
  doc: string
  /** What makes zaplog write it. */
  when: string
  /** What makes zaplog write it again, and whether as a copy. */
  again: string
  /** What one might take for it, and what becomes of that. */
  not: string
  /** Of a topic that is zaplog's own. */
  internal?: true
  fields: Readonly<Record<string, Field>>
}

export const field = (type: FieldType, doc: string): Field => ({ type, doc })
/** Absent is null on the wire; a field added later must be optional (FULL_TRANSITIVE). */
export const optional = (type: FieldType, doc: string): Field => ({ type: { optional: type }, doc })
export const list = (type: FieldType, doc: string): Field => ({ type: { array: type }, doc })
/** Marks a field as personal. */
export const personal = (of: Field): Field => ({ ...of, personal: true })
export const record = (name: string, doc: string, fields: RecordShape['fields']): FieldType => ({ record: { name, doc, fields } })
