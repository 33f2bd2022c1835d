// Small real files made on the spot, for demos and tests: sniffing finds the type each one claims, and players open them.
import sharp from 'sharp'
import { still } from './sample-video.ts'
import { silence } from './sample-voice.ts'

export type Colour = { r: number; g: number; b: number }
type Size = { width?: number; height?: number; colour?: Colour }

const green = { r: 18, g: 140, b: 126 }

export function sampleJpeg({ width = 320, height = 240, colour = green }: Size = {}): Promise<Buffer> {
  return canvas(width, height, colour).jpeg({ quality: 85 }).toBuffer()
}

export function sampleWebp({ width = 128, height = 128, colour = green }: Size = {}): Promise<Buffer> {
  return canvas(width, height, colour).webp().toBuffer()
}

/** Ogg with Opus, as WhatsApp's voice notes are; silent. */
export function sampleVoice({ seconds = 3 } = {}): Buffer {
  return silence(seconds)
}

/** MP4 showing one still picture for that long. */
export async function sampleMp4({
  seconds = 2,
  width = 160,
  height = 120,
  colour = green,
}: Size & { seconds?: number } = {}): Promise<Buffer> {
  return still({ jpeg: await sampleJpeg({ width, height, colour }), width, height, seconds })
}

/** Blank A4 pages with one line of ASCII text each. */
export function samplePdf({ pages = 1, title = 'Sample' } = {}): Buffer {
  const kids = Array.from({ length: pages }, (_, page) => `${4 + page * 2} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...Array.from({ length: pages }, (_, page) => pdfPage(page, `${title.replace(/[()\\]/g, '')}, page ${page + 1}`)).flat(),
  ]
  let body = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = body.length
    body += `${index + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const table = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`
  return Buffer.from(`${body}xref\n0 ${size}\n0000000000 65535 f \n${table}${trailer}`, 'latin1')
}

/** A page object and, right after it, its contents. */
function pdfPage(page: number, line: string): [string, string] {
  const drawing = `BT /F1 24 Tf 72 720 Td (${line}) Tj ET`
  return [
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${5 + page * 2} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
    `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
  ]
}

function canvas(width: number, height: number, background: Colour) {
  return sharp({ create: { width, height, channels: 3, background } })
}
