// Alerts, tried by Prometheus itself: each fires on what it is for and on nothing else, and goes to who is to look.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { judgeAlertmanager, routeOf } from '../../infra/services/amtool.ts'
import { judgeConfig, judgeRules, tryRules } from '../../infra/services/promtool.ts'
import type { Alert, Trial } from '../../scripts/alerts/alert.ts'
import { alertGroups } from '../../scripts/alerts/alerts.ts'
import { rootFile } from '../ground/docker/compose-file.ts'
import { runsHere } from '../ground/runs-here.ts'

const all = alertGroups.flatMap(({ alerts }) => alerts)
const ruleFiles = ['zaplog.rules.yml', 'budget.rules.yml'].map(name => rootFile(`infra/prometheus/${name}`))

const trialOf = ({ name }: Pick<Alert, 'name'>, { series, afterMinutes, fires }: Trial) => ({
  name: `${name} ${fires ? 'fires' : 'is quiet'} after ${afterMinutes} min of ${JSON.stringify(series)}`,
  interval: '1m',
  input_series: Object.entries(series).map(([of, values]) => ({ series: of, values })),
  promql_expr_test: [
    {
      expr: `count(ALERTS{alertname="${name}", alertstate="firing"}) > bool 0`,
      eval_time: `${afterMinutes}m`,
      exp_samples: fires ? [{ labels: '{}', value: 1 }] : [],
    },
  ],
})

function tryAll(tests: readonly unknown[]) {
  const directory = mkdtempSync(join(tmpdir(), 'zaplog-alerts-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'trials.yml')
  writeFileSync(path, stringify({ rule_files: ruleFiles, evaluation_interval: '1m', tests }))
  return tryRules(path)
}

describe.runIf(await runsHere('promtool'))('promtool', () => {
  test('[H2] has nothing against the configuration and its rules', async () => {
    expect(await judgeConfig(rootFile('infra/prometheus/prometheus.yml'))).toMatchObject({ exitCode: 0 })
    expect(await judgeRules(ruleFiles)).toMatchObject({ exitCode: 0 })
  })

  test('[H2] finds each alert firing on the series that it is for, and quiet on others', async () => {
    for (const { name, tried } of all)
      expect(new Set(tried.map(({ fires }) => fires)), `${name} is tried both ways`).toEqual(new Set([true, false]))
    const tried = await tryAll(all.flatMap(alert => alert.tried.map(trial => trialOf(alert, trial))))
    expect(tried, tried.said).toMatchObject({ exitCode: 0 })
  }, 120_000)

  test('[H2] finds one that does not fire where it is said to, and one that does where it is said not to', async () => {
    const wrong = all.flatMap(alert => alert.tried.map(trial => trialOf(alert, { ...trial, fires: !trial.fires })))
    for (const one of [wrong.find(({ name }) => name.includes(' fires ')), wrong.find(({ name }) => name.includes(' is quiet '))])
      expect(await tryAll([one])).toMatchObject({ exitCode: 1 })
  })
})

describe.runIf(await runsHere('amtool'))('amtool', () => {
  const path = rootFile('infra/alertmanager/alertmanager.yml')

  test('[H2] has nothing against Alertmanager’s configuration, and finds each severity with who is to look', async () => {
    expect(await judgeAlertmanager(path)).toMatchObject({ exitCode: 0 })
    for (const severity of new Set(all.map(alert => alert.severity)))
      expect(await routeOf(path, [`severity=${severity}`])).toBe(severity)
    expect(await routeOf(path, ['severity=none'])).toBe('nobody')
  })
})
