/*
 * What a bare loop must tie with: libmodbus reading 50 holding registers of each of 100 units by turns, and adding them up.
 * Prints a line of JSON for each line it is given: values and CPU microseconds since.
 *
 * cc -O2 libmodbus-poll.c -o libmodbus-poll $(pkg-config --cflags --libs libmodbus); usage: libmodbus-poll PORT
 */
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static double cpu_us(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  modbus_t *slave = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
  if (slave == NULL || modbus_connect(slave) != 0) return 3;
  struct pollfd asked = {0, POLLIN, 0};
  double before = cpu_us(), sum = 0;
  for (long values = 0;;) {
    for (int unit = 1; unit <= 100; unit++) {
      uint16_t registers[50];
      modbus_set_slave(slave, unit);
      if (modbus_read_registers(slave, 0, 50, registers) != 50) return 3;
      for (int i = 0; i < 50; i++) sum += registers[i];
      values += 50;
    }
    if (poll(&asked, 1, 0) <= 0) continue;
    char line[16];
    if (fgets(line, sizeof line, stdin) == NULL) return sum < 0;
    double now = cpu_us();
    printf("{\"values\":%ld,\"cpuUs\":%.0f,\"missed\":0}\n", values, now - before);
    fflush(stdout);
    before = now;
    values = 0;
  }
}
