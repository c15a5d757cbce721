@echo off
rem The door to building ZephyrML on Windows: the real packages only (stand-ins are for Linux machines whose feed lacks them).
setlocal
cd /d "%~dp0"
set ZephyrStack=packages
if "%ZephyrBackend%"=="" set ZephyrBackend=cpu
if "%1"=="restore"    goto restore
if "%1"=="quickstart" goto quickstart
if "%1"=="test"       goto test
if "%1"=="soak"       goto soak
if "%1"=="bench"      goto bench
if "%1"=="base"       goto base
echo usage: build.cmd restore ^| quickstart ^| test ^| soak ^| bench ^| base
exit /b 2
:restore
dotnet build ZephyrML.sln -c Release
exit /b %errorlevel%
:quickstart
dotnet build ZephyrML.sln -c Release -v q && dotnet run -c Release --no-build --project examples/Quickstart -- %2 %3 %4 %5 %6 %7 %8 %9
exit /b %errorlevel%
:base
dotnet build ZephyrML.sln -c Release -v q && dotnet run -c Release --no-build --project examples/PretrainBase
exit /b %errorlevel%
:soak
set ZEPHYR_SOAK=1
:test
dotnet test ZephyrML.sln -c Release
exit /b %errorlevel%
:bench
dotnet run -c Release --project benchmarks/ZephyrML.Benchmarks -- %2 %3 %4 %5 %6 %7 %8 %9
exit /b %errorlevel%
