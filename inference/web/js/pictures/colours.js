/** @module colours From values to colours, which are those of `pointfuse plot`: light is low, dark is high. */

/** 256 colours, RRGGBB: magma by Smith and van der Walt (CC0), from its end, without the darkest. */
const MAGMA =
  "fcfdbffcfdbffcfbbdfcf9bbfcf7b9fcf6b8fcf4b6fcf2b4fcf2b4fcf0b2fceeb0fcecaefdebacfde9aafde7a9" +
  "fde5a7fde5a7fde3a5fde2a3fde0a1fddea0fddc9efdda9cfed89afed89afed799fed597fed395fed194fecf92" +
  "fecd90fecc8ffecc8ffeca8dfec88cfec68afec488fec287fec185febf84febf84febd82febb81feb97ffeb77e" +
  "feb67cfeb47bfeb27afeb27afeb078feae77feac76feaa74fea973fea772fea571fea571fea36ffea16efe9f6d" +
  "fe9d6cfd9b6bfd9a6afd9869fd9869fd9668fd9467fd9266fc9065fc8e64fc8c63fc8a62fc8a62fc8961fb8761" +
  "fb8560fb835ffa815ffa7f5efa7f5efa7d5ef97b5df9795df9785df8765cf8745cf7725cf7725cf7705cf66e5c" +
  "f66c5cf56b5cf4695cf4675cf3655cf3655cf2645cf2625df1605df05f5eef5d5eee5b5eed5a5fed5a5fec5860" +
  "eb5760ea5661e95462e85362e75263e55064e55064e44f64e34e65e24d66e04c67df4a68de4968dc4869dc4869" +
  "db476ad9466bd8456cd6456cd5446dd3436ed2426fd2426fd0416fcf4070cd4071cc3f71ca3e72c83e73c73d73" +
  "c73d73c53c74c43c75c23b75c03a76bf3a77bd3977bc3978bc3978ba3878b83779b73779b5367ab3367ab2357b" +
  "b0357bb0357bae347bad347cab337caa337da8327da6317da6317da5317ea3307ea1307ea02f7f9e2f7f9c2e7f" +
  "9b2e7f9b2e7f992d80982d80962c80942c80932b80912b81902a81902a818e2a818c29818b2981892881882781" +
  "8627818426818426818326818125818025827e24827c23827b2382792282792282782281762181752181732081" +
  "721f81701f816e1e816e1e816d1d816b1d816a1c81681c81671b80651a80641a80641a806219806018805f187f" +
  "5d177f5c167f5a167e59157e59157e57157e56147d54137d52137c51127c4f127b4e117b4e117b4c117a4a1079" +
  "491078471078451077440f76420f75420f75400f743f0f723d0f713b0f70390f6e38106c38106c36106b341069" +
  "3310673111652f11632d11612c115f2c115f2a115c29115a27125825125524125322115021114e21114e20114b" +
  "1e1149";

/** The same of cividis by Nuñez, Anderton and Renslow (2018), from its end. */
const CIVIDIS =
  "fee838fee636fee535fee434fde334fce236fbe138f9e03af8df3cf7de3ef6dd3ff5dc41f3db42f2da44f1d945" +
  "f0d846efd748eed649edd54aebd44bead34ce9d34ee8d24fe7d150e6d051e5cf52e4ce53e2cd54e1cc55e0cb56" +
  "dfca57dec958ddc858dcc859dbc75adac65bd9c55cd7c45cd6c35dd5c25ed4c15fd3c05fd2c060d1bf61d0be62" +
  "cfbd62cebc63cdbb63ccba64cbb965c9b965c8b866c7b767c6b667c5b568c4b468c3b369c2b369c1b26ac0b16a" +
  "bfb06bbeaf6bbdae6cbcae6cbbad6dbaac6db9ab6db8aa6eb7a96eb6a96fb5a86fb4a76fb3a670b1a570b0a571" +
  "afa471aea371ada272aca172aba072aaa073a99f73a89e73a79d73a69c74a59c74a49b74a39a74a29975a19975" +
  "a098759f97759e96769d95769c95769b94769a9376999277989277979177969077958f77948e77938e78928d78" +
  "928c78918b78908b788f8a788e89788d88788c88788b87788a8678898578888578878478868379858279848279" +
  "838179828079817f78807f787f7e787e7d787e7c787d7c787c7b787b7a787a7a78797977787877777777777776" +
  "7676767575757474757374757273747272747172747071736f70736e6f736d6f726c6e726c6d726b6d726a6c71" +
  "696b71686a71676a7166697065687065687064677063667062656f61656f60646f5f636f5e636f5e626e5d616e" +
  "5c616e5b606e5a5f6e595e6e585e6d575d6d565c6d555c6d555b6d545a6d535a6d52596d51586d50576c4f576c" +
  "4e566c4d556c4c556c4b546c4a536c49536c48526c47516c46516c45506c444f6c434e6c424e6c414d6c404c6c" +
  "3f4c6c3e4b6c3d4a6c3c4a6c3b496c3a486c39486c38476c36466c35456c34456c33446d32436d31436d2f426d" +
  "2e416d2d416d2b406d2a3f6d293f6e273e6e263d6e243c6e233c6e213b6e203a6f1e3a6f1c396f1a386f18376f" +
  "1637701436701235700f35700c347008337005337101327100317100317000307000306f002f6d002e6c002e6a" +
  "002d68002c66002c64002b62002a61002a5f00295d00285b00285900275800265600255400255300245100234f" +
  "00224e";

/** Colours of each layer: red, green and blue, one after the other. */
export const COLOURS = { field: channelsOf(MAGMA), uncertainty: channelsOf(CIVIDIS) };

/** @param {string} text RRGGBB, one after the other */
function channelsOf(text) {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/**
 * Red, green and blue of a value.
 * @param {number} value
 * @param {number} top value of the last colour; the first is 0
 * @param {Uint8Array} colours of `COLOURS`
 * @returns {Uint8Array} 0 to 255
 */
export function colourOf(value, top, colours) {
  const steps = colours.length / 3;
  const step = Math.min(steps - 1, Math.max(0, Math.floor((value / top) * steps)));
  return colours.subarray(3 * step, 3 * step + 3);
}

/**
 * A value that the colours of a field may end at: few cells are above it.
 * @param {Float32Array} field
 * @returns {number} the 99.8th percentile, rounded up to two digits
 */
export function topOf(field) {
  const top = Float32Array.from(field).sort()[Math.floor(0.998 * (field.length - 1))] || 1;
  const digit = 10 ** (Math.floor(Math.log10(top)) - 1);
  return Number((Math.ceil(top / digit) * digit).toPrecision(2));
}

/**
 * Round numbers from 0 to a top, for the labels of a scale.
 * @param {number} top
 * @returns {number[]}
 */
export function ticksOf(top) {
  const rough = top / 5;
  const digit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * digit).find((each) => each >= rough);
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, i) =>
    Number((i * step).toPrecision(6)),
  );
}
