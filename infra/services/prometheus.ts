// A Prometheus of this machine on loopback: it scrapes one zaplog by the very configuration that docker-compose.yml mounts, and evaluates its rules, but
// in haste: each second, and what an alert has to last is a thirtieth.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { answersOk, freePort, startServerProcess } from './server-process.ts'

export type Sample = { metric: Readonly<Record<string, string>>; value: number }
/** One value a step, `null` where there was none. */
export type Course = { metric: Sample['metric']; values: readonly (number | null)[] }
/** Instants in seconds since the epoch; both ends are asked for, too. */
export type Span = { from: number; until: number; stepSeconds: number }
export type Rule = {
  name: string
  health: string
  lastError?: string
  state?: string
  alerts?: readonly { state: string; labels: Sample['metric'] }[]
}
export type Prometheus = {
  url: string
  /** What an expression answers now. Rejects with Prometheus' words where it cannot be evaluated. */
  query(expr: string): Promise<readonly Sample[]>
  /** What it answers at each step of a span, by series. */
  courses(expr: string, span: Span): Promise<readonly Course[]>
  rules(): Promise<readonly Rule[]>
  /** Besides the first one, these zaplogs, and no others: host and port of each. Resolves before it has begun to. */
  alsoScrape(targets: readonly string[]): Promise<void>
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../prometheus/', import.meta.url))

/** `target`: host and port of zaplog; `token`: what opens its /metrics. `directory` is made, and removed by whoever names it. */
export async function openPrometheus(of: { directory: string; target: string; token: string }): Promise<Prometheus> {
  await mkdir(of.directory, { recursive: true })
  const config = join(of.directory, 'prometheus.yml')
  await writeFile(config, stringify(await configFor(of)))
  await writeTargets(of.directory, [])
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServerProcess({
    name: 'Prometheus',
    command: 'prometheus',
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(of.directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    isUp: () => answersOk(`${url}/-/ready`),
    startWithinMs: 30_000,
  })
  return {
    url,
    query: async expr => {
      const { result, resultType } = await ask(url, `query?${new URLSearchParams({ query: expr })}`)
      if (resultType === 'scalar') return [{ metric: {}, value: Number(result[1]) }]
      return result.map((one: { metric: Sample['metric']; value: [number, string] }) => ({
        metric: one.metric,
        value: Number(one.value[1]),
      }))
    },
    courses: async (expr, { from, until, stepSeconds }) => {
      const asked = { query: expr, start: String(from), end: String(until), step: String(stepSeconds) }
      const { result } = await ask(url, `query_range?${new URLSearchParams(asked)}`)
      const instants = Array.from({ length: Math.floor((until - from) / stepSeconds) + 1 }, (_, nth) => from + nth * stepSeconds)
      return result.map(({ metric, values }: { metric: Sample['metric']; values: readonly [number, string][] }) => {
        const at = new Map(values.map(([instant, value]) => [instant, Number(value)]))
        return { metric, values: instants.map(instant => finiteOrNull(at.get(instant))) }
      })
    },
    rules: async () => {
      const { groups } = await ask(url, 'rules')
      return groups.flatMap((group: { rules: readonly Rule[] }) => group.rules)
    },
    alsoScrape: targets => writeTargets(of.directory, targets),
    close: server.close,
  }
}

const finiteOrNull = (value: number | undefined): number | null => (value === undefined || !Number.isFinite(value) ? null : value)

/** What an alert has to last is a share of what Compose's have to. */
const HASTE = 30

/** What Compose's Prometheus does, in haste, and with nobody to tell. */
async function configFor({ directory, target, token }: { directory: string; target: string; token: string }) {
  const { rule_files, scrape_configs } = parse(await readFile(join(root, 'prometheus.yml'), 'utf8'))
  const zaplog = scrape_configs.find((one: { job_name: string }) => one.job_name === 'zaplog')
  return {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: await Promise.all(rule_files.map((name: string) => hasten(join(root, name), directory))),
    scrape_configs: [
      {
        ...zaplog,
        authorization: { type: 'Bearer', credentials: token },
        static_configs: [{ targets: [target] }],
        file_sd_configs: [{ files: [targetsFile(directory)] }],
      },
    ],
  }
}

const targetsFile = (directory: string): string => join(directory, 'targets.json')

/** Whole at every instant, as Prometheus reads it as soon as it changes. */
async function writeTargets(directory: string, targets: readonly string[]): Promise<void> {
  const unfinished = join(directory, 'targets.unfinished')
  await writeFile(unfinished, JSON.stringify([{ targets }]))
  await rename(unfinished, targetsFile(directory))
}

/** The same rules in a file of that directory, with a thirtieth of what each has to last. */
async function hasten(path: string, directory: string): Promise<string> {
  const { groups } = parse(await readFile(path, 'utf8'))
  for (const rule of groups.flatMap((group: { rules: { for?: string }[] }) => group.rules))
    if (rule.for !== undefined) rule.for = `${Math.round(millisecondsOf(rule.for) / HASTE)}ms`
  const hastened = join(directory, basename(path))
  await writeFile(hastened, stringify({ groups }))
  return hastened
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

function millisecondsOf(duration: string): number {
  const [, amount, unit = ''] = /^(\d+)([smh])$/.exec(duration) ?? []
  const unitMs = UNITS_MS[unit]
  if (unitMs === undefined) throw new RangeError(`reading ${duration}: expected seconds, minutes or hours, such as 2m`)
  return Number(amount) * unitMs
}

async function ask(url: string, path: string) {
  const answer = await fetch(`${url}/api/v1/${path}`)
  const { status, error, data } = JSON.parse(await answer.text())
  if (status !== 'success') throw new Error(`asking Prometheus for ${decodeURIComponent(path)}: ${error}`)
  return data
}
