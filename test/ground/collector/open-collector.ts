// OpenTelemetry's own receiver of OTLP, out of its Collector's Go modules: built once, and run as a server of this machine.
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchArtifact, hashOf, runProgram } from '../../../infra/services/fetch-artifact.ts'
import { requireService, whyMissing } from '../../../infra/services/require-service.ts'
import { freePort, startServerProcess } from '../../../infra/services/server-process.ts'

/** A span in OTLP's JSON (opentelemetry-proto, trace.proto); what is at its default is left out. */
export type CollectedSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  links?: readonly { traceId: string; spanId: string }[]
  attributes?: readonly { key: string; value: { stringValue?: string; intValue?: string } }[]
}
type Batch = { resourceSpans?: readonly { resource: Pick<CollectedSpan, 'attributes'>; scopeSpans: readonly Scope[] }[] }
type Scope = { spans: readonly CollectedSpan[] }

export type Collector = {
  url: string
  /** All that it took so far, each with the attributes of its process. */
  spans(): Promise<readonly (CollectedSpan & { resource: CollectedSpan['attributes'] })[]>
  close(): Promise<void>
}

/** `directory` is there; what it takes is kept in it. */
export async function openCollector(directory: string): Promise<Collector> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const taken = join(directory, 'taken.jsonl')
  const server = await startServerProcess({
    name: 'the receiver of OTLP',
    command: join(await fetchCollector(), 'collector'),
    args: [`127.0.0.1:${port}`, taken],
    isUp: () => takesNothing(url),
    startWithinMs: 30_000,
  })
  return {
    url,
    spans: async () =>
      (await readFile(taken, 'utf8')).split('\n').flatMap(line => (line === '' ? [] : spansOf(JSON.parse(line)))),
    close: server.close,
  }
}

const spansOf = ({ resourceSpans = [] }: Batch) =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(span => ({ ...span, resource: resource.attributes }))),
  )

/** A batch without a span. */
const takesNothing = (url: string): Promise<boolean> =>
  fetch(`${url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then(
    ({ ok }) => ok,
    () => false,
  )

/** null: it is there; otherwise one sentence how to get it. */
export const collectorAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService('OpenTelemetry’s receiver of OTLP is missing: install Go 1.25 or newer, which builds it once', fetchCollector),
  )

const sources = ['main.go', 'go.mod', 'go.sum']
const sourceOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Built from source by Go, about a minute the first time. */
async function fetchCollector(): Promise<string> {
  const texts = await Promise.all(sources.map(name => readFile(sourceOf(name), 'utf8')))
  const make = async (directory: string) => {
    for (const name of sources) await cp(sourceOf(name), join(directory, name))
    await runProgram('go', ['build', '-C', directory, '-o', 'collector', '.'])
  }
  return fetchArtifact({ name: 'otlp-collector', version: hashOf(...texts), make })
}
