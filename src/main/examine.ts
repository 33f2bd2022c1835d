// Looks at every part that the settings name, side by side and each for so long at most. Changes nothing but objects of its own, and takes no lock:
// what is embedded is in the hands of the zaplog that runs, which has to be asked.
import type { Config } from '../runtime/config.ts'
import { createLogger } from '../runtime/logger.ts'
import { examineCertificates } from './examine-certificates.ts'
import { examineDataDir } from './examine-data-dir.ts'
import { examineMachine } from './examine-machine.ts'
import { examineProgram } from './examine-program.ts'
import { type Finding, findWithin, type Look, nobody } from './finding.ts'
import { partsOf } from './parts.ts'

export const PATIENCE_MS = 10_000

/** In the order of a start. Never rejects. */
export async function examine(config: Config, patienceMs = PATIENCE_MS, watching = nobody): Promise<readonly Finding[]> {
  const machine = examineMachine(config)
  watching.looked({ part: 'machine', findings: machine, tookMs: 0 })
  const found = await Promise.all(looksAt(config).map(look => findWithin(look, patienceMs, watching)))
  return [...machine, ...found.flat()]
}

/** Each with what it is made of, which the others do without. */
function looksAt(config: Config): readonly Look[] {
  const deps = { config, logger: createLogger({ level: 'silent' }) }
  const { postgres, kafka, registry, s3 } = partsOf(config)
  const { ffmpegPath } = config.uploads
  const look = (part: Look['part'] | null, ask: Look['look']): readonly Look[] => (part === null ? [] : [{ part, look: ask }])
  return [
    { part: dataDir, look: signal => examineDataDir(config.dataDir, config.objects, signal) },
    ...look(postgres, async signal => (await import('./examine-postgres.ts')).examinePostgres(config, signal)),
    ...look(kafka, async signal => (await import('./examine-kafka.ts')).examineKafka(deps, signal)),
    ...look(registry, async signal => (await import('./examine-registry.ts')).examineRegistry(deps, signal)),
    ...look(s3, async signal => (await import('./examine-objects.ts')).examineObjects(deps, signal)),
    ...look(postgres === null || s3 === null ? null : files, async signal =>
      (await import('./examine-files.ts')).examineFiles(deps, signal),
    ),
    ...look(config.roles.includes('producers') ? whatsapp : null, async signal =>
      (await import('./examine-whatsapp.ts')).examineWhatsApp(config, signal),
    ),
    ...look(ffmpegPath === null ? null : ffmpeg, async signal => examineProgram(ffmpegPath ?? '', signal)),
    { part: certificates, look: signal => examineCertificates(config, { nowAt: Date.now() }, signal) },
  ]
}

const dataDir = { name: 'data-dir', expected: 'DATA_DIR to name a directory that this user can write' }
const files = { name: 'files', expected: 'S3_BUCKET to name the bucket that the files of this database are in' }
const whatsapp = { name: 'whatsapp', expected: 'WhatsApp’s host to take connections' }
const ffmpeg = { name: 'ffmpeg', expected: 'FFMPEG_PATH to name FFmpeg' }
const certificates = { name: 'certificates', expected: 'certificates that can be read' }
