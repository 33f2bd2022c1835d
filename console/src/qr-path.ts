// A QR code as one SVG path on a grid of modules, a quiet zone of four all around. Pure.
import { create } from 'qrcode'

export const QUIET_ZONE = 4

/** `size`: of the whole square, in modules. */
export function qrPath(text: string): { size: number; path: string } {
  const { modules } = create(text, { errorCorrectionLevel: 'L' })
  const rows = Array.from({ length: modules.size }, (_, row) => row)
  return {
    size: modules.size + 2 * QUIET_ZONE,
    path: rows.flatMap(row => rows.flatMap(column => (modules.get(row, column) === 1 ? [square(row, column)] : []))).join(''),
  }
}

const square = (row: number, column: number): string => `M${column + QUIET_ZONE} ${row + QUIET_ZONE}h1v1h-1z`
