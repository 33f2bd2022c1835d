// Looks at every part that the settings name, side by side and each for so long at most. Changes nothing but objects of its own, and takes no lock:
// what is embedded is in the hands of the zaplog that runs, which has to be asked.
import type { Config } from '../runtime/config.ts'
import { createLogger } from '../runtime/logger.ts'
import { examineCertificates } from './examine-certificates.ts'
import { examineDataDir } from './examine-data-dir.ts'
import { examineKafka } from './examine-kafka.ts'
import { examineMachine } from './examine-machine.ts'
import { examineObjects } from './examine-objects.ts'
import { examinePostgres } from './examine-postgres.ts'
import { examineProgram } from './examine-program.ts'
import { examineRegistry } from './examine-registry.ts'
import { type Finding, findWithin, type Look } from './finding.ts'
import { partsOf } from './parts.ts'

export const PATIENCE_MS = 10_000

/** In the order of a start. Never rejects. */
export async function examine(config: Config, patienceMs = PATIENCE_MS): Promise<readonly Finding[]> {
  const found = await Promise.all(looksAt(config).map(look => findWithin(look, patienceMs)))
  return [...examineMachine(config), ...found.flat()]
}

function looksAt(config: Config): readonly Look[] {
  const logger = createLogger({ level: 'silent' })
  const { postgres, kafka, registry, s3 } = partsOf(config)
  const { ffmpegPath } = config.uploads
  return [
    { part: dataDir, look: () => examineDataDir(config.dataDir) },
    ...(postgres === null ? [] : [{ part: postgres, look: (signal: AbortSignal) => examinePostgres(config, signal) }]),
    ...(kafka === null ? [] : [{ part: kafka, look: (signal: AbortSignal) => examineKafka({ config, logger }, signal) }]),
    ...(registry === null
      ? []
      : [{ part: registry, look: (signal: AbortSignal) => examineRegistry({ config, logger }, signal) }]),
    ...(s3 === null ? [] : [{ part: s3, look: (signal: AbortSignal) => examineObjects({ config, logger }, signal) }]),
    ...(ffmpegPath === null ? [] : [{ part: ffmpeg, look: (signal: AbortSignal) => examineProgram(ffmpegPath, signal) }]),
    { part: certificates, look: signal => examineCertificates(config, { nowAt: Date.now() }, signal) },
  ]
}

const dataDir = { name: 'data-dir', expected: 'DATA_DIR to name a directory that this user can write' }
const ffmpeg = { name: 'ffmpeg', expected: 'FFMPEG_PATH to name FFmpeg' }
const certificates = { name: 'certificates', expected: 'certificates that can be read' }
