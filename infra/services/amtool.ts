// An amtool of this machine, which Prometheus' Alertmanager comes with and judges its configuration with.
import { runProgram } from './fetch-artifact.ts'
import { runTool } from './promtool.ts'
import { requireService, whyMissing } from './require-service.ts'

const amtool = 'amtool'

/** null: there is one. */
export const amtoolAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService(
      'what judges Alertmanager’s configuration is missing: install amtool (Debian: apt-get install prometheus-alertmanager)',
      () => runProgram(amtool, ['--version']),
    ),
  )

/** 0: it has nothing against the configuration. */
export const judgeAlertmanager = (path: string): Promise<{ exitCode: number | null; said: string }> =>
  runTool(amtool, ['check-config', path])
/** Which receivers an alert with these labels goes to. */
export const routeOf = async (path: string, labels: readonly string[]): Promise<string> =>
  (await runTool(amtool, ['config', 'routes', 'test', `--config.file=${path}`, ...labels])).said.split('\n')[0] ?? ''
