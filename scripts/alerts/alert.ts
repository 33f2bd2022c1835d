// An alert: when it fires, what it says, what is to be done, and series on which it fires and does not.
import type { BoardName } from '../boards/board.ts'

export type Alert = {
  name: `Zaplog${string}`
  /** What Prometheus evaluates: each series of its answer is one alarm. */
  expr: string
  /** So long it has to be so; 0s: at once. */
  for: `${number}${'s' | 'm' | 'h'}`
  /** `page`: somebody has to look now. `ticket`: within the day. */
  severity: 'page' | 'ticket'
  /** One sentence, in Prometheus' templates. */
  summary: string
  /** What is so then and what is not, for whoever has not met it before. */
  means: string
  /** What whoever is called does, step by step, in sentences. */
  action: string
  /** The verb that tells more. */
  cli: `zaplog ${string}`
  board: BoardName
  tried: readonly Trial[]
}

/**
 * Series as promtool writes them, one value a minute from 0 on: `0+1x10` begins at 0 and grows by one, ten times. `fires`: whether the alert does after
 * so many minutes.
 */
export type Trial = { series: Readonly<Record<string, string>>; afterMinutes: number; fires: boolean }

const each =
  (fires: boolean) =>
  (afterMinutes: number, series: Trial['series']): Trial => ({ series, afterMinutes, fires })
export const firesAfter = each(true)
export const quietAfter = each(false)
