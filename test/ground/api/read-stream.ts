// A client of GET /v1/stream, written from the contract and from WHATWG HTML, 9.2: what came, frame by frame.
import { adminKey } from './open-test-api.ts'

export type Frame = { id: string; event: string | null; data: string | null; comments: readonly string[] }
export type StreamBody = { type: string; timestamp: string; data: Record<string, unknown> & { eventId: string } }
export type ReadStream = {
  status: number
  /** Of a refusal; null: it is a stream. */
  problem: Record<string, unknown> | null
  frames: readonly Frame[]
  /** Frames with data, parsed, without the end. */
  bodies(): readonly StreamBody[]
  /** The id that a client would go on from. */
  lastId(): string
  /** {reason, detail} of stream.ended; null: it said none yet. */
  end(): { reason: string; detail: string } | null
  /** Resolves when the connection has ended, whoever ended it. */
  closed: Promise<void>
  /** As kill -9 of the client. */
  cut(): void
}

/** Resolves with the head of the answer. */
export async function readStream(
  base: string,
  query = '',
  { lastId, key = adminKey, each = () => undefined }: { lastId?: string; key?: string; each?: (frame: Frame) => void } = {},
): Promise<ReadStream> {
  const cutting = new AbortController()
  const response = await fetch(new URL(`/v1/stream${query}`, base), {
    signal: cutting.signal,
    headers: { authorization: `Bearer ${key}`, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
  })
  const frames: Frame[] = []
  const isStream: boolean = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  const take = (frame: Frame) => {
    frames.push(frame)
    each(frame)
  }
  return {
    status: response.status,
    problem: isStream ? null : ((await response.json()) as Record<string, unknown>),
    frames,
    bodies: () => frames.filter(one => one.data !== null && one.event !== 'stream.ended').map(one => JSON.parse(one.data ?? '')),
    lastId: () => frames.findLast(one => one.id !== '')?.id ?? lastId ?? '',
    end: () => JSON.parse(frames.find(one => one.event === 'stream.ended')?.data ?? '{"data":null}').data,
    closed: isStream ? parse(response, take) : Promise.resolve(),
    cut: () => cutting.abort(),
  }
}

async function parse(response: Response, take: (frame: Frame) => void): Promise<void> {
  let rest = ''
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const parts = `${rest}${chunk}`.split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) take(frameOf(part.split('\n')))
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error // it was cut
  }
}

function frameOf(lines: readonly string[]): Frame {
  const valuesOf = (name: string) => lines.filter(line => line.startsWith(`${name}: `)).map(line => line.slice(name.length + 2))
  return {
    id: valuesOf('id').at(-1) ?? '',
    event: valuesOf('event').at(-1) ?? null,
    data: valuesOf('data').length > 0 ? valuesOf('data').join('\n') : null,
    comments: valuesOf(''),
  }
}
