// The shape of a sound, as phones draw it above a voice note: 64 heights, of which the loudest part is 100 (Baileys' lib/Utils/messages-media.js,
// getAudioWaveform). In constant memory, however long it is. Pure.

const HEIGHTS = 64
/** Each height is made of 16 parts at least, where there are as many. */
const MOST_PARTS = 2048
const FIRST_PART_SAMPLES = 8

export type Waveform = {
  /** Samples of 16 bits, little-endian, one channel; a chunk may end inside of one. */
  take(chunk: Uint8Array): void
  samples(): number
  /** null: there was no sound at all, not even silence. */
  heights(): readonly number[] | null
}

export function createWaveform(): Waveform {
  /** Of each part the mean loudness. */
  let parts: number[] = []
  const state = { partSamples: FIRST_PART_SAMPLES, sum: 0, inPart: 0, samples: 0, half: null as number | null }

  function takeSample(sample: number): void {
    state.sum += Math.abs(sample)
    state.inPart += 1
    state.samples += 1
    if (state.inPart === state.partSamples) endPart()
  }

  function endPart(): void {
    parts.push(state.sum / state.inPart)
    state.sum = 0
    state.inPart = 0
    if (parts.length === MOST_PARTS) joinPairs()
  }

  function joinPairs(): void {
    parts = Array.from({ length: MOST_PARTS / 2 }, (_, nth) => ((parts[2 * nth] ?? 0) + (parts[2 * nth + 1] ?? 0)) / 2)
    state.partSamples *= 2
  }

  return {
    take: chunk => {
      const bytes = state.half === null ? chunk : Buffer.concat([Buffer.of(state.half), chunk])
      const { buffer, byteOffset, byteLength } = bytes
      const view = new DataView(buffer, byteOffset, byteLength)
      for (let at = 0; at + 1 < byteLength; at += 2) takeSample(view.getInt16(at, true))
      state.half = byteLength % 2 === 0 ? null : view.getUint8(byteLength - 1)
    },
    samples: () => state.samples,
    heights: () => {
      const all = state.inPart === 0 ? parts : [...parts, state.sum / state.inPart]
      return all.length === 0 ? null : scaled(Array.from({ length: HEIGHTS }, (_, nth) => meanOf(partsOf(all, nth))))
    },
  }
}

/** At least one: of a sound with fewer parts than heights several have the same. */
function partsOf(all: readonly number[], nth: number): readonly number[] {
  const from = Math.floor((nth * all.length) / HEIGHTS)
  return all.slice(from, Math.max(from + 1, Math.floor(((nth + 1) * all.length) / HEIGHTS)))
}

const meanOf = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0) / parts.length

function scaled(means: readonly number[]): readonly number[] {
  const loudest = Math.max(...means)
  return means.map(mean => (loudest === 0 ? 0 : Math.floor((100 * mean) / loudest)))
}
