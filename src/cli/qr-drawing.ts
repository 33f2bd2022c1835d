// A QR code as text: two modules a sign (half blocks), least error correction, a quiet zone all around; whole, or what it would need. Pure.
import type { create } from 'qrcode'

export type Room = { columns: number; rows: number }
export type Drawing = { fits: true; lines: readonly string[] } | { fits: false; needs: Room }

/** Of QR codes; readers find one with half of it, too. */
const QUIET_ZONES = [4, 2] as const

/** `encode`: of the library, which is loaded where a code comes and nowhere else. */
type Encode = typeof create
export const encodeQr = (encode: Encode, text: string) => encode(text, { errorCorrectionLevel: 'L' }).modules
export type Modules = ReturnType<typeof encodeQr>

export function drawQr(modules: Modules, room: Room, colours: { isColorSupported: boolean }): Drawing {
  const roomFor = (quiet: number): Room => ({ columns: modules.size + 2 * quiet, rows: Math.ceil(modules.size / 2 + quiet) })
  const quiet = QUIET_ZONES.find(zone => roomFor(zone).columns <= room.columns && roomFor(zone).rows <= room.rows)
  if (quiet === undefined) return { fits: false, needs: roomFor(QUIET_ZONES[1]) }
  const isInside = (at: number) => at >= 0 && at < modules.size
  const isDark = (row: number, column: number) => isInside(row) && isInside(column) && modules.get(row, column) === 1
  const { columns, rows } = roomFor(quiet)
  const lines = Array.from({ length: rows }, (_, line) =>
    Array.from({ length: columns }, (_, column) =>
      halves(isDark(2 * line - quiet, column - quiet), isDark(2 * line + 1 - quiet, column - quiet)),
    ).join(''),
  )
  return { fits: true, lines: colours.isColorSupported ? lines.map(onBlack) : lines }
}

/** Light is what is drawn: without colours, that is right where the terminal is dark. */
const halves = (isUpperDark: boolean, isLowerDark: boolean): string =>
  isUpperDark ? (isLowerDark ? ' ' : '▄') : isLowerDark ? '▀' : '█'

/** Bright white on black, whatever the terminal's own colours are. */
const onBlack = (line: string): string => `\u001b[40;97m${line}\u001b[0m`
