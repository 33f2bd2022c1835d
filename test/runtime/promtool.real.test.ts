// Prometheus' own judgement of what is scraped: every metric that there is, over HTTP, in a form that it reads and with no word against a name.
import { describe, expect, onTestFinished, test } from 'vitest'
import { judgeScrape } from '../../infra/services/promtool.ts'
import { openHttpServer } from '../../src/api/http-server.ts'
import { table } from '../../src/runtime/metrics/all.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { writeAll } from '../ground/metrics.ts'
import { runsHere } from '../ground/runs-here.ts'

const key = 'metrics-token-of-the-tests'

describe.runIf(await runsHere('promtool'))('promtool', () => {
  test('[H1] reads what /metrics answers, and finds nothing to say against ours', async () => {
    const server = await openHttpServer({
      config: { host: '127.0.0.1', port: 0, http: { trustedProxies: [], maxConnections: 10 } },
      ...{ keys: () => ({ admin: null, metrics: key }), clock: () => performance.now() },
      ...{ checks: () => [], isReady: () => true, metrics: writeAll(2, { processMetrics: true }), logger: collectLogLines() },
    })
    onTestFinished(server.close)
    const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
    const scraped = await answer.text()
    for (const name of Object.keys(table)) expect(scraped).toMatch(new RegExp(`^${name}(_count)?(\\{| )`, 'm'))

    const judged = await judgeScrape(scraped)
    expect(judged.said.split('\n').filter(line => line.includes('zaplog_'))).toEqual([])
    // 3: it has read all of it, and says something of nodejs_ names, which are not ours.
    expect([0, 3], judged.said).toContain(judged.exitCode)
    expect(await judgeScrape('zaplog_wrong_total{ 1\n')).toMatchObject({ exitCode: 1 })
  })
})
