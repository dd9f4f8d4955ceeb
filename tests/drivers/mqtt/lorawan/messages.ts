/** Messages as network servers publish them; fields that are read are given, `more` and `without` change them. */

export const DEV_EUI = '24e124710c123456';
export const APPLICATION = '17c82e96-be03-4f38-aef3-f83d48582d97';

export const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

const without = (message: Record<string, unknown>, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(message).filter(([key]) => !keys.includes(key)));

export const chirpstackTopic = (devEui = DEV_EUI, event = 'up', application = APPLICATION): string =>
  `application/${application}/device/${devEui}/event/${event}`;

export function chirpstackUp(more: Record<string, unknown> = {}, missing: readonly string[] = []) {
  const message = {
    deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
    time: '2026-07-15T13:29:59.123456789+00:00',
    deviceInfo: {
      tenantId: '52f14cd4-c6f1-4fbd-8f87-4025e1d49242',
      tenantName: '禾城',
      applicationId: APPLICATION,
      applicationName: '井盖',
      deviceProfileId: '14855bf7-d10d-4aee-b618-ebfcb64dc7ad',
      deviceProfileName: 'EM310-TILT',
      deviceName: '中山路 7 号',
      devEui: DEV_EUI,
      tags: { grid: 'JS-03' },
    },
    devAddr: '00189440',
    adr: true,
    dr: 5,
    fCnt: 12,
    fPort: 85,
    confirmed: true,
    data: base64('03CF00000000282307'),
    object: { temperature: 99 },
    rxInfo: [
      { gatewayId: '0016c001ff10a235', uplinkId: 4217106255, rssi: -97, snr: 6.25, crcStatus: 'CRC_OK' },
      { gatewayId: '0016c001ff10a236', uplinkId: 4217106256, rssi: -71, snr: 9.5, crcStatus: 'CRC_OK' },
      { gatewayId: '0016c001ff10a237', uplinkId: 4217106257, crcStatus: 'CRC_OK' },
    ],
    txInfo: { frequency: 471_500_000, modulation: { lora: { bandwidth: 125_000, spreadingFactor: 7 } } },
  };
  return without({ ...message, ...more }, missing);
}

export const chirpstackStatus = (more: Record<string, unknown> = {}) => ({
  deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
  time: '2026-07-15T13:29:59+00:00',
  deviceInfo: { devEui: DEV_EUI, applicationId: APPLICATION, deviceName: '中山路 7 号' },
  margin: 20,
  batteryLevel: 76.5,
  ...more,
});

export const TTS_TOPIC = 'v3/covers@ttn/devices/cover-3/up';

export function ttsUp(more: Record<string, unknown> = {}, missing: readonly string[] = []) {
  return {
    end_device_ids: {
      device_id: 'cover-3',
      application_ids: { application_id: 'covers' },
      dev_eui: DEV_EUI.toUpperCase(),
      join_eui: '24E124C0002A0001',
      dev_addr: '260B4C5E',
    },
    correlation_ids: ['gs:uplink:01HQ3JK2'],
    received_at: '2026-07-15T13:29:59.123456789Z',
    uplink_message: without(
      {
        session_key_id: 'AY1kVvR1xT8w',
        f_port: 85,
        f_cnt: 12,
        frm_payload: base64('03CF00000000282307'),
        decoded_payload: { temperature: 99 },
        rx_metadata: [
          { gateway_ids: { gateway_id: 'eui-0016c001ff10a235' }, rssi: -97, channel_rssi: -97, snr: 6.2 },
          { gateway_ids: { gateway_id: 'packetbroker' }, rssi: -71, channel_rssi: -71, snr: 9.5 },
        ],
        settings: { data_rate: { lora: { bandwidth: 125_000, spreading_factor: 7 } }, frequency: '471500000' },
        received_at: '2026-07-15T13:29:58.9Z',
        consumed_airtime: '0.056576s',
        ...more,
      },
      missing,
    ),
  };
}
