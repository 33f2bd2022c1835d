// A Prometheus of this machine on loopback: it scrapes one zaplog each second by the very configuration that docker-compose.yml mounts, and evaluates its rules.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { answersOk, freePort, startServerProcess } from './server-process.ts'

export type Sample = { metric: Readonly<Record<string, string>>; value: number }
export type Rule = { name: string; health: string; lastError?: string; state?: string; alerts?: readonly unknown[] }
export type Prometheus = {
  url: string
  /** What an expression answers now. Rejects with Prometheus' words where it cannot be evaluated. */
  query(expr: string): Promise<readonly Sample[]>
  rules(): Promise<readonly Rule[]>
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../prometheus/', import.meta.url))

/** `target`: host and port of zaplog; `token`: what opens its /metrics. `directory` is made, and removed by whoever names it. */
export async function openPrometheus(of: { directory: string; target: string; token: string }): Promise<Prometheus> {
  await mkdir(of.directory, { recursive: true })
  const config = join(of.directory, 'prometheus.yml')
  await writeFile(config, stringify(await configFor(of)))
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
    rules: async () => {
      const { groups } = await ask(url, 'rules')
      return groups.flatMap((group: { rules: readonly Rule[] }) => group.rules)
    },
    close: server.close,
  }
}

/** What Compose's Prometheus does, each second instead of each quarter of a minute, and with nobody to tell. */
async function configFor({ target, token }: { target: string; token: string }) {
  const { rule_files, scrape_configs } = parse(await readFile(join(root, 'prometheus.yml'), 'utf8'))
  const zaplog = scrape_configs.find((one: { job_name: string }) => one.job_name === 'zaplog')
  return {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: rule_files.map((name: string) => join(root, name)),
    scrape_configs: [
      { ...zaplog, authorization: { type: 'Bearer', credentials: token }, static_configs: [{ targets: [target] }] },
    ],
  }
}

async function ask(url: string, path: string) {
  const answer = await fetch(`${url}/api/v1/${path}`)
  const { status, error, data } = JSON.parse(await answer.text())
  if (status !== 'success') throw new Error(`asking Prometheus for ${decodeURIComponent(path)}: ${error}`)
  return data
}
