// A call of the API as the command line has it: what people type, and where each word of it goes. All of them are made from the routes
// (scripts/generate-verbs.ts).

export type CallVerb = {
  /** `zaplog <thing> <name>`. */
  thing: string
  name: string
  summary: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `{instance}` is chosen, other names are typed. */
  path: string
  /** command: it is followed to its end; list: it has pages. */
  answers: 'command' | 'list' | 'one' | 'nothing'
  /** In the order in which they are typed; only the last may be a list. */
  args: readonly CallField[]
  options: readonly CallField[]
  /** Whether the call has a body, also where nobody said anything that is in it. */
  hasBody: boolean
  /** What the verb itself says: pointers of the body. */
  set: readonly (readonly [pointer: string, value: unknown])[]
  /** Of a list, what its table shows; none: all that its first row has. */
  columns: readonly CallColumn[]
  /** Behind its words. */
  example: string
}

/** `of`: fields of a row, of which the first that says something is shown. */
export type CallColumn = { head: string; of: readonly string[] }

export type CallField = {
  /** As people see it: <chat>, --reply-to. */
  name: string
  to: 'path' | 'query' | 'body'
  /** A name of the path or the query, or a pointer of the body. */
  at: string
  /** file: its bytes in base64; json: what has no shorter form. */
  is: 'text' | 'whole' | 'number' | 'flag' | 'choice' | 'time' | 'file' | 'json'
  isList: boolean
  isNeeded: boolean
  choices: readonly (string | number)[]
  least: number | null
  most: number | null
  doc: string
}

/** What was typed for a field, as the API takes it. */
export type GivenField = { field: CallField; value: unknown }
