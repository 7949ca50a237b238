// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BuybackVault} from "./BuybackVault.sol";
import {PSM} from "./PSM.sol";

/// @notice Calls the PSM and the vault for a user. A plain call passes a revert on; a `try` call swallows it and succeeds.
contract Router {
    /// @notice A call below failed and was caught.
    event Skipped(bytes reason);

    PSM public immutable psm;
    BuybackVault public immutable vault;

    constructor(PSM psm_, BuybackVault vault_) {
        psm = psm_;
        vault = vault_;
    }

    function mint(uint256 amount) external {
        psm.mint(amount);
    }

    function redeem(uint256 amount) external {
        psm.redeem(amount);
    }

    function executeBuyback(uint256 amount) external {
        vault.executeBuyback(amount);
    }

    function tryMint(uint256 amount) external {
        try psm.mint(amount) {}
        catch (bytes memory reason) {
            emit Skipped(reason);
        }
    }

    function tryRedeem(uint256 amount) external {
        try psm.redeem(amount) {}
        catch (bytes memory reason) {
            emit Skipped(reason);
        }
    }

    function tryExecuteBuyback(uint256 amount) external {
        try vault.executeBuyback(amount) {}
        catch (bytes memory reason) {
            emit Skipped(reason);
        }
    }
}
