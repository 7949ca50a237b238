// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What the PSM and the vault ask an oracle.
interface IOracle {
    /// @return Whether the price may be trusted.
    function healthy() external view returns (bool);

    /// @return The price of one unit of collateral, with 18 decimals.
    function price() external view returns (uint256);
}

/// @notice A price source whose health governance can switch.
contract Oracle is IOracle {
    error NotGovernor(address caller);

    event HealthChanged(bool healthy);

    address public immutable governor;
    bool public override healthy = true;

    constructor(address governor_) {
        governor = governor_;
    }

    /// @notice Declares the price healthy or not.
    function setHealthy(bool healthy_) external {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        healthy = healthy_;
        emit HealthChanged(healthy_);
    }

    function price() external pure override returns (uint256) {
        return 1e18;
    }
}
