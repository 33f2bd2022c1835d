// Server-sent events as they come (WHATWG HTML, 9.2): comments are left out, fields of one event belong together.

/** `id`: the last one that came, with this event or before; of a block without data, too, which has no event: `data` is null then. */
export type ServerSent = { id: string; event: string; data: string | null }

/** Ends where the bytes do; an event that was cut off is left out. Rejects as the bytes do. */
export async function* readServerSent(bytes: ReadableStream<Uint8Array>): AsyncGenerator<ServerSent> {
  let rest = ''
  let id = ''
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const blocks = `${rest}${text}`.replaceAll('\r\n', '\n').split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = block.split('\n').map(fieldOf)
      const last = (name: string) => fields.findLast(field => field.name === name)?.value
      id = last('id') ?? id
      const data = fields.filter(({ name }) => name === 'data').map(({ value }) => value)
      yield { id, event: last('event') ?? 'message', data: data.length === 0 ? null : data.join('\n') }
    }
  }
}

/** A comment is a field without a name. */
function fieldOf(line: string): { name: string; value: string } {
  const [, name = line, value = ''] = /^([^:]*): ?(.*)$/s.exec(line) ?? []
  return { name, value }
}
