// For describe.runIf: whether this machine has what a test needs. Asked of the run, which says at its end what is absent.
import { askDesk } from './ask-desk.ts'

export type MachinePart =
  | 'kafka'
  | 'registry'
  | 's3'
  | 'strangers'
  | 'compose-loader'
  | 'kubernetes-schemas'
  | 'chromium'
  | 'ffmpeg'
  | 'openssl'
  | 'postgres-tools'
  | 'promtool'
  | 'amtool'
  | 'own-disk'
  | 'zsh'
  | 'collector'

/** Rejects where CI is set and one is absent. */
export async function runsHere(...parts: readonly MachinePart[]): Promise<boolean> {
  const answers = await Promise.all(parts.map(askDesk))
  return answers.every(answer => answer === 'yes')
}
