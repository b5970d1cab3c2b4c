// SPDX-License-Identifier: Apache-2.0
#include "sotto_media.h"

#include <gd.h>
#include <string.h>
#include <webp/demux.h>

/* What is tried until the thumbnail is short enough: smaller sides, then coarser. */
static const int sides[] = {SIDE_MAX, 256, 192, 128, 96, 64, 32};
static const int qualities[] = {75, 60, 45};

static void ignore(int priority, const char *format, va_list words) {
  (void)priority, (void)format, (void)words;
}

/* The first picture of a WebP; an animated one has several. */
static gdImagePtr decode_webp(const uint8_t *bytes, size_t count) {
  WebPData data = {bytes, count};
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) return NULL;
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
  if (decoder == NULL) return NULL;
  WebPAnimInfo info;
  uint8_t *pixels = NULL;
  int time = 0;
  gdImagePtr image = NULL;
  if (WebPAnimDecoderGetInfo(decoder, &info) && WebPAnimDecoderGetNext(decoder, &pixels, &time))
    image = gdImageCreateTrueColor((int)info.canvas_width, (int)info.canvas_height);
  if (image != NULL) {
    for (int y = 0; y < image->sy; y++) {
      for (int x = 0; x < image->sx; x++, pixels += 4) {
        int alpha = gdAlphaMax - (pixels[3] >> 1);
        image->tpixels[y][x] = gdTrueColorAlpha(pixels[0], pixels[1], pixels[2], alpha);
      }
    }
  }
  WebPAnimDecoderDelete(decoder);
  return image;
}

static gdImagePtr decode(const uint8_t *bytes, size_t count) {
  if (count < 16) return NULL;
  void *start = (void *)bytes;
  if (memcmp(bytes, "\xff\xd8\xff", 3) == 0)
    return gdImageCreateFromJpegPtrEx((int)count, start, 1);
  if (memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) return gdImageCreateFromPngPtr((int)count, start);
  if (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0)
    return gdImageCreateFromGifPtr((int)count, start);
  if (memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
    return decode_webp(bytes, count);
  return NULL;
}

/* The picture with its longer side at most `side`, upon white; nothing is made larger. */
static gdImagePtr scaled(gdImagePtr image, int side) {
  double longer = image->sx > image->sy ? image->sx : image->sy;
  double factor = longer > side ? side / longer : 1;
  int width = (int)(image->sx * factor + 0.5), height = (int)(image->sy * factor + 0.5);
  if (width < 1) width = 1;
  if (height < 1) height = 1;
  gdImagePtr result = gdImageCreateTrueColor(width, height);
  if (result == NULL) return NULL;
  gdImageFilledRectangle(result, 0, 0, width - 1, height - 1, gdTrueColor(255, 255, 255));
  gdImageCopyResampled(result, image, 0, 0, 0, 0, width, height, image->sx, image->sy);
  return result;
}

/* Exif orientation: 2 to 4 mirror and turn by half, 5 to 8 change width and height as well. */
static gdImagePtr turned(gdImagePtr image, int orientation) {
  int width = image->sx, height = image->sy;
  int swaps = orientation >= 5;
  gdImagePtr result = gdImageCreateTrueColor(swaps ? height : width, swaps ? width : height);
  if (result == NULL) return NULL;
  for (int y = 0; y < result->sy; y++) {
    for (int x = 0; x < result->sx; x++) {
      int from_x = swaps ? y : x, from_y = swaps ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        from_x = width - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        from_y = height - 1 - from_y;
      result->tpixels[y][x] = image->tpixels[from_y][from_x];
    }
  }
  return result;
}

/* Takes the comments out, which name the program that wrote them. The length that is left. */
static size_t without_comments(uint8_t *bytes, size_t count) {
  size_t from = 2, to = 2;
  while (from + 4 <= count && bytes[from] == 0xff && bytes[from + 1] != 0xda) {
    size_t length = 2 + ((size_t)bytes[from + 2] << 8 | bytes[from + 3]);
    if (from + length > count) return 0;
    if (bytes[from + 1] != 0xfe) {
      memmove(bytes + to, bytes + from, length);
      to += length;
    }
    from += length;
  }
  memmove(bytes + to, bytes + from, count - from);
  return to + count - from;
}

size_t picture_thumbnail(
    const uint8_t *bytes, size_t count, int orientation, size_t limit, uint8_t **output) {
  gdSetErrorMethod(ignore);
  gdImagePtr image = decode(bytes, count);
  if (image == NULL) return 0;
  gdImagePtr small = scaled(image, SIDE_MAX);
  if (small == NULL) return 0;
  gdImagePtr upright = turned(small, orientation);
  if (upright == NULL) return 0;
  for (size_t side = 0; side < sizeof sides / sizeof sides[0]; side++) {
    gdImagePtr candidate = scaled(upright, sides[side]);
    if (candidate == NULL) return 0;
    for (size_t quality = 0; quality < sizeof qualities / sizeof qualities[0]; quality++) {
      int length = 0;
      uint8_t *jpeg = gdImageJpegPtr(candidate, &length, qualities[quality]);
      if (jpeg == NULL || length < 4) return 0;
      size_t left = without_comments(jpeg, (size_t)length);
      if (left > 0 && left <= limit) {
        *output = jpeg;
        return left;
      }
      gdFree(jpeg);
    }
    gdImageDestroy(candidate);
  }
  return 0;
}
