// QR codes on a terminal: each takes the place of the one before it, also when the terminal changes its size; one that does not fit is said,
// with what it needs and where else it is. In a pipe, a line for each code.
import type { Code } from './answers.ts'
import { isColourful } from './colours.ts'
import { columnsOf, fitScreen, fitText } from './fit-terminal.ts'
import { drawQr, encodeQr, type Modules, type Room } from './qr-drawing.ts'
import { plainText } from './text-table.ts'

export type QrScreen = {
  code(code: Code): Promise<void>
  /** One line, in place of a code that is no longer worth a scan. */
  state(line: string): void
  close(): void
}

/** `elsewhere`: a screen (fitScreen) that says where the same code is a picture. */
export function openQrScreen(elsewhere: () => Promise<readonly string[]>): QrScreen {
  const out = process.stdout
  const say = (line: string) => void process.stderr.write(`${fitText(line, columnsOf(process.stderr))}\n`)
  return out.isTTY ? openTerminal(out, elsewhere, say) : openLines(say)
}

function openLines(say: (line: string) => void): QrScreen {
  return {
    code: async ({ qr, expiresAt }) => {
      process.stdout.write(`${qr}\n`)
      say(`A code came, as text; on a terminal it is drawn. Valid until ${plainText(expiresAt)}.`)
    },
    state: say,
    close: () => undefined,
  }
}

function openTerminal(
  out: NodeJS.WriteStream,
  elsewhere: () => Promise<readonly string[]>,
  say: (line: string) => void,
): QrScreen {
  const canMove = process.env.TERM !== 'dumb'
  let shown: Shown | null = null
  let rows = 0
  let isOver = false

  function erase(): void {
    if (rows > 0 && canMove) out.write(`\u001b[${rows}A\u001b[J`)
    rows = 0
  }
  function draw(): void {
    if (shown === null) return
    const lines = linesOf(shown, { columns: out.columns, rows: out.rows })
    out.write(`${lines.join('\n')}\n`)
    rows = lines.length
  }
  /** What a terminal makes of lines that no longer fit is its own affair: all of it is drawn anew. */
  function redraw(): void {
    if (shown === null || !canMove) return
    out.write('\u001b[2J\u001b[H')
    draw()
  }
  out.on('resize', redraw)
  return {
    code: async code => {
      const { create } = await import('qrcode')
      const hints = shown?.hints ?? (await elsewhere())
      if (isOver) return
      erase()
      shown = { modules: encodeQr(create, code.qr), expiresAt: code.expiresAt, hints }
      draw()
    },
    state: line => {
      erase()
      shown = null
      say(line)
    },
    close: () => {
      isOver = true
      out.off('resize', redraw)
      erase()
      shown = null
    },
  }
}

type Shown = { modules: Modules; expiresAt: string; hints: readonly string[] }

/** None is wider than the terminal, and all of them are seen at once where the code is. */
function linesOf({ modules, expiresAt, hints }: Shown, room: Room): readonly string[] {
  const caption = fitScreen(
    [`On the phone: WhatsApp > Linked devices > Link a device. Valid until ${plainText(expiresAt)}, then another one comes.`],
    room.columns,
  )
  const rowsBeside = caption.length + 1 // the cursor's
  const colours = { isColorSupported: isColourful(process.stdout, process.env) }
  const drawing = drawQr(modules, { columns: room.columns, rows: room.rows - rowsBeside }, colours)
  if (drawing.fits) return [...drawing.lines, ...caption]
  const needs = `${drawing.needs.columns} columns and ${drawing.needs.rows + rowsBeside} rows`
  const has = `${room.columns} and ${room.rows}`
  return fitScreen(
    [`The QR code needs a terminal of ${needs}, this one has ${has}: it is drawn as soon as it fits.`, ...hints],
    room.columns,
  )
}
