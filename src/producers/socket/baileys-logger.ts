// Baileys' own log lines without their objects, which hold messages and keys: only the sentence, at debug level.
import type { SocketConfig } from '@whiskeysockets/baileys'
import { describeError, type Logger } from '../../runtime/logger.ts'

type BaileysLogger = SocketConfig['logger']

export function createBaileysLogger(logger: Logger, instanceId: string): BaileysLogger {
  const at = (level: string) => (of: unknown, sentence?: string) =>
    logger.debug(`baileys.${level}`, { instanceId, sentence: sentence ?? (typeof of === 'string' ? of : ''), error: errorIn(of) })
  const quiet = () => undefined
  const own: BaileysLogger = {
    level: 'warn',
    child: () => own,
    trace: quiet,
    debug: quiet,
    info: quiet,
    warn: at('warn'),
    error: at('error'),
  }
  return own
}

function errorIn(of: unknown): string | undefined {
  if (typeof of !== 'object' || of === null) return undefined
  const found = Object.values(of).find(value => value instanceof Error)
  return found === undefined ? undefined : describeError(found)
}
