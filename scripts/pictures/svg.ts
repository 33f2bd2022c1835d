// SVG as text: elements with attributes and what is inside, numbers to a tenth of a pixel.

export type Svg = string
type Attributes = Readonly<Record<string, string | number>>

export function svg(name: string, attributes: Attributes, ...inside: readonly Svg[]): Svg {
  const said = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? tenth(value) : escaped(value)}"`,
  )
  return inside.length === 0 ? `<${name}${said.join('')}/>` : `<${name}${said.join('')}>${inside.join('')}</${name}>`
}

export const words = (text: string, attributes: Attributes): Svg => svg('text', attributes, escaped(text))

/** Where the line is not, values are null: it ends there and begins anew. */
export function polyline(points: readonly (readonly [x: number, y: number] | null)[], attributes: Attributes): Svg {
  let isDrawing = false
  const steps = points.flatMap(point => {
    if (point === null) {
      isDrawing = false
      return []
    }
    const step = `${isDrawing ? 'L' : 'M'}${tenth(point[0])} ${tenth(point[1])}`
    isDrawing = true
    return [step]
  })
  return steps.length === 0 ? '' : svg('path', { d: steps.join(''), ...attributes })
}

/** As long as fits: letters of a sans-serif take 0.54 of their size on average. */
export function fitted(text: string, widthPx: number, sizePx: number): string {
  const most = Math.floor(widthPx / (sizePx * 0.54))
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`
}

const tenth = (value: number): string => String(Math.round(value * 10) / 10)

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
