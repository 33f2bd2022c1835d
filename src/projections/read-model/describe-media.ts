// A file as the API answers it: what was really stored where that is known, else what the message announced.

export type MediaAnswer = {
  /** stored, pending, failed, skipped, expired. */
  status: string
  reason: string | null
  stage: string | null
  retryable: boolean | null
  detail: string | null
  round: number
  mimetype: string | null
  sizeBytes: number | null
  sha256: string | null
  fileName: string | null
  width: number | null
  height: number | null
  durationSeconds: number | null
  pages: number | null
  hasThumbnail: boolean
}

/** Of messages as m and media as f. */
export const mediaColumns = `m.media as announced, f.status as media_status, f.round as media_round, f.reason as media_reason,
  f.stage as media_stage, f.retryable as media_retryable, f.detail as media_detail, f.mimetype as media_mimetype,
  f.size_bytes as media_size_bytes, f.sha256 as media_sha256, f.file_name as media_file_name, f.width as media_width,
  f.height as media_height, f.duration_seconds as media_duration_seconds, f.pages as media_pages, f.thumbnail_key as media_thumbnail_key`

export type MediaColumns = {
  announced: Announced | null
  media_status: string | null
  media_round: number | null
  media_reason: string | null
  media_stage: string | null
  media_retryable: boolean | null
  media_detail: string | null
  media_mimetype: string | null
  media_size_bytes: string | null
  media_sha256: string | null
  media_file_name: string | null
  media_width: number | null
  media_height: number | null
  media_duration_seconds: number | null
  media_pages: number | null
  media_thumbnail_key: string | null
}
type Announced = {
  mimetype?: string | null
  sizeBytes?: number | null
  sha256?: string | null
  fileName?: string | null
  width?: number | null
  height?: number | null
  durationSeconds?: number | null
  pages?: number | null
}

export const hasMedia = (row: MediaColumns): boolean => row.announced !== null || row.media_status !== null

/** Of a row that has a file. */
export function describeMedia(row: MediaColumns): MediaAnswer {
  const { announced } = row
  return {
    status: row.media_status ?? 'pending',
    reason: row.media_reason,
    stage: row.media_stage,
    retryable: row.media_retryable,
    detail: row.media_detail,
    round: row.media_round ?? 1,
    mimetype: row.media_mimetype ?? announced?.mimetype ?? null,
    sizeBytes: row.media_size_bytes === null ? (announced?.sizeBytes ?? null) : Number(row.media_size_bytes),
    sha256: row.media_sha256 ?? announced?.sha256 ?? null,
    fileName: row.media_file_name ?? announced?.fileName ?? null,
    width: row.media_width ?? announced?.width ?? null,
    height: row.media_height ?? announced?.height ?? null,
    durationSeconds: row.media_duration_seconds ?? announced?.durationSeconds ?? null,
    pages: row.media_pages ?? announced?.pages ?? null,
    hasThumbnail: row.media_thumbnail_key !== null,
  }
}
