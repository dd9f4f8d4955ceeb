/** How the report looks on paper: A4, black on white, a device begun on one page stays together where it can. */
export const REPORT_CSS = `
@page { size: A4; margin: 14mm 12mm 16mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 186mm; font: 10pt/1.45 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #000; background: #fff; overflow-wrap: anywhere; }
h1 { font-size: 17pt; text-align: center; margin: 4mm 0; }
h2 { font-size: 13pt; border-bottom: 1.5px solid #000; margin: 7mm 0 2mm; }
h3 { font-size: 10.5pt; margin: 4mm 0 1mm; }
h1, h2, h3 { break-after: avoid; }
small { color: #555; font-weight: normal; font-size: 82%; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 0.5px solid #888; padding: 0.8mm 1.5mm; text-align: left; vertical-align: top; font-weight: normal; }
th { background: #f3f3f3; }
tr { break-inside: avoid; }
table.facts { table-layout: fixed; }
table.facts th { width: 22%; } table.facts td { width: 28%; }
td.point { white-space: nowrap; }
td.value { text-align: right; white-space: nowrap; }
p, ul { margin: 1mm 0; }
.good { color: #0a5c1f; } .bad { color: #a01010; }
.photos { display: grid; grid-template-columns: 1fr 1fr; gap: 3mm; }
figure { margin: 0; break-inside: avoid; }
img { width: 100%; max-height: 90mm; object-fit: contain; border: 0.5px solid #888; }
.signatures { break-inside: avoid; }
.signers { display: grid; grid-template-columns: repeat(3, 1fr); gap: 4mm; }
.signers div { border: 0.5px solid #000; padding: 2mm; min-height: 34mm; }
.signers p { margin: 3.5mm 0 0; border-bottom: 0.5px dotted #555; }
footer { margin-top: 5mm; font-size: 8pt; color: #555; }
`;
