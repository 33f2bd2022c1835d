// What tests need of a machine beside Node and npm, each asked for once a run; what is absent is told in one line, and is a failure where
// CI is set.
import { amtoolAvailable } from '../../infra/services/amtool.ts'
import { registryAvailable, s3Available } from '../../infra/services/available.ts'
import { chromiumAvailable } from '../../infra/services/chromium.ts'
import { ffmpegAvailable } from '../../infra/services/ffmpeg.ts'
import { kafkaAvailable } from '../../infra/services/kafka-jars.ts'
import { postgresToolsAvailable } from '../../infra/services/postgres-tools.ts'
import { promtoolAvailable } from '../../infra/services/promtool.ts'
import { strangersAvailable } from '../../infra/services/strangers.ts'
import { opensslAvailable } from './certificates.ts'
import { zshAvailable } from './cli/zsh.ts'
import { collectorAvailable } from './collector/open-collector.ts'
import { composeLoaderAvailable } from './docker/compose-loader.ts'
import { kubernetesSchemasAvailable } from './kubernetes/kubernetes-schemas.ts'
import type { MachinePart } from './runs-here.ts'
import { ownDiskAvailable } from './scenarios/own-disk.ts'

/** null: it is there; otherwise one sentence how to get it. Asking fetches what can be fetched. */
const available: Readonly<Record<MachinePart, () => Promise<string | null>>> = {
  kafka: kafkaAvailable,
  registry: registryAvailable,
  s3: s3Available,
  strangers: strangersAvailable,
  'compose-loader': composeLoaderAvailable,
  'kubernetes-schemas': kubernetesSchemasAvailable,
  chromium: chromiumAvailable,
  ffmpeg: ffmpegAvailable,
  openssl: opensslAvailable,
  'postgres-tools': postgresToolsAvailable,
  promtool: promtoolAvailable,
  amtool: amtoolAvailable,
  'own-disk': ownDiskAvailable,
  zsh: zshAvailable,
  collector: collectorAvailable,
}

/** `answers` is for the desk: `yes` or `no` for each part; rejects where CI is set and the part is absent. */
export function askMachine() {
  const asked = new Map<string, Promise<string | null>>()
  const ask = async (name: string, check: () => Promise<string | null>): Promise<string> => {
    const asking = asked.get(name) ?? check()
    asked.set(name, asking)
    const missing = await asking
    if (missing !== null && process.env.CI) throw new Error(missing)
    return missing === null ? 'yes' : 'no'
  }
  return {
    answers: Object.fromEntries(Object.entries(available).map(([name, check]) => [name, () => ask(name, check)])),
    /** Why tests were left out; empty where none was. */
    absences: async (): Promise<readonly string[]> => (await Promise.all(asked.values())).filter(missing => missing !== null),
  }
}
