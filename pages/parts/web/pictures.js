// Decoded sheets of images: the newest that were asked for stay.
const MOST_BITMAPS = 160, MOST_PIXELS = 40;

export class Pictures {
  // `told(key)` is called when a sheet is decoded.
  constructor(told) {
    Object.assign(this, { told, bitmaps: new Map(), values: new Map() });
  }

  // The decoded sheet of a record, or null while it is decoded.
  bitmap(run, record) {
    const key = `${run.id}/${record.n}`, found = this.bitmaps.get(key);
    if (!found) return this.decode(key, record.bytes);
    this.bitmaps.delete(key);
    this.bitmaps.set(key, found);
    return found.done;
  }

  decode(key, bytes) {
    const entry = { done: null }, options = { premultiplyAlpha: "none", colorSpaceConversion: "none" };
    this.bitmaps.set(key, entry);
    createImageBitmap(new Blob([bytes], { type: "image/webp" }), options).then(
      (bitmap) => {
        entry.done = bitmap;
        this.told(key);
      },
      () => this.bitmaps.delete(key), // told of this too, a view would ask again and again
    );
    if (this.bitmaps.size > MOST_BITMAPS) {
      const [oldest, value] = this.bitmaps.entries().next().value;
      this.bitmaps.delete(oldest);
      this.values.delete(oldest);
      value.done?.close();
    }
    return null;
  }

  // Pixel values of a sheet (ImageData), or null while it is decoded.
  pixels(run, record) {
    const key = `${run.id}/${record.n}`;
    if (this.values.has(key)) return this.values.get(key);
    const bitmap = this.bitmap(run, record);
    if (!bitmap) return null;
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), g = canvas.getContext("2d", { willReadFrequently: true });
    g.drawImage(bitmap, 0, 0);
    const data = g.getImageData(0, 0, bitmap.width, bitmap.height);
    this.values.set(key, data);
    if (this.values.size > MOST_PIXELS) this.values.delete(this.values.keys().next().value);
    return data;
  }
}
